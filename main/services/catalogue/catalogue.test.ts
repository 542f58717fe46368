import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SourceName } from '#contract'
import { createCatalogue } from './index.ts'
import type { CatalogueOptions } from './index.ts'
import { headCommit, json, serveHuggingFace, serveModelScope, startSourceServer, status, treeOf } from './testing/sourceServer.ts'
import type { SourceServer } from './testing/sourceServer.ts'

const resources = fileURLToPath(new URL('../../../resources', import.meta.url))
const ENTRY = 'qwen2-vl-7b-instruct'
const [FIRST, SECOND, THIRD] = ['bartowski/Qwen2-VL-7B-Instruct-GGUF', 'ggml-org/Qwen2-VL-7B-Instruct-GGUF', 'second-state/Qwen2-VL-7B-Instruct-GGUF'] as const
const digest = (digit: string) => digit.repeat(64)
const Q4 = { path: 'Qwen2-VL-7B-Instruct-Q4_K_M.gguf', bytes: 4_683_072_032, sha256: digest('4') }
const Q8 = { path: 'Q8_0/Qwen2-VL-7B-Instruct-Q8_0.gguf', bytes: 8_098_524_704, sha256: digest('8') }
const PROJECTOR = { path: 'mmproj-Qwen2-VL-7B-Instruct-f16.gguf', bytes: 1_352_588_800, sha256: digest('f') }
const FULL_PROJECTOR = { path: 'Qwen2-VL-7B-Instruct-vision-encoder.gguf', bytes: 2_700_000_000, sha256: digest('e') }
const FILES = [Q4, Q8, PROJECTOR, { path: 'README.md', bytes: 5_000 }]

let hub: SourceServer
let scope: SourceServer
let now = 0
beforeEach(async () => {
  hub = await startSourceServer()
  scope = await startSourceServer()
  now = 1_000_000
})
afterEach(() => Promise.all([hub.close(), scope.close()]))

const signal = new AbortController().signal
function catalogue(order: SourceName[] = ['huggingface'], options: Partial<CatalogueOptions> & { mirrorUrl?: string } = {}) {
  const { mirrorUrl = null, ...rest } = options
  return createCatalogue({
    resources,
    userAgent: 'Sightline/1.2.3',
    sources: () => ({ order, mirrorUrl }),
    token: async () => null,
    bases: { huggingface: hub.base, modelscope: scope.base },
    now: () => now,
    ...rest,
  })
}
const failure = (code: string, text: string) => expect.objectContaining({ code, message: expect.stringContaining(text) as string }) as unknown
const asked = (server: SourceServer) => server.requests.map(({ url }) => url)

describe('a listing', () => {
  test('of Hugging Face is pinned to the commit, with digests, the projector apart', async () => {
    serveHuggingFace(hub, FIRST, FILES)
    const listing = await catalogue().listing(ENTRY, signal)
    const urlOf = (path: string) => `${hub.base}/${FIRST}/resolve/${headCommit}/${path}`
    const projector = { ...PROJECTOR, url: urlOf(PROJECTOR.path) }
    expect(listing).toEqual({
      source: 'huggingface',
      repository: FIRST,
      revision: headCommit,
      quantizations: [
        { name: 'Q4_K_M', bits: 4.92, textFiles: [{ ...Q4, url: urlOf(Q4.path) }], projector, downloadBytes: Q4.bytes + PROJECTOR.bytes },
        { name: 'Q8_0', bits: 8.51, textFiles: [{ ...Q8, url: urlOf(Q8.path) }], projector, downloadBytes: Q8.bytes + PROJECTOR.bytes },
      ],
    })
    expect(hub.requests.every(({ headers }) => headers['user-agent'] === 'Sightline/1.2.3' && headers.authorization === undefined)).toBe(true)
  })

  test('of several pages is whole, and the next page is asked at the same server', async () => {
    serveHuggingFace(hub, FIRST, [])
    const tree = `/api/models/${FIRST}/tree/${headCommit}`
    hub.on(tree, (response, request) => {
      const isLast = request.url?.includes('cursor=second')
      const next = `<https://elsewhere.test${tree}?recursive=true&cursor=second>; rel="next"`
      json(treeOf(isLast ? [Q8, PROJECTOR] : [Q4]), isLast ? {} : { link: next })(response)
    })
    const { quantizations } = await catalogue().listing(ENTRY, signal)
    expect(quantizations.map(({ name, projector }) => [name, projector?.path])).toEqual([['Q4_K_M', PROJECTOR.path], ['Q8_0', PROJECTOR.path]])
    expect(asked(hub).at(-1)).toBe(`${tree}?recursive=true&cursor=second`)
  })

  test('that never ends is given up', async () => {
    serveHuggingFace(hub, FIRST, [])
    const tree = `/api/models/${FIRST}/tree/${headCommit}`
    hub.on(tree, json(treeOf([Q4]), { link: `<${tree}?cursor=again>; rel="next"` }))
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'more files'))
  })

  test('of a mirror below a path is the same with its address', async () => {
    serveHuggingFace(hub, FIRST, FILES, '/hf')
    const listing = await catalogue(['mirror'], { mirrorUrl: `${hub.base}/hf/` }).listing(ENTRY, signal)
    expect(listing).toMatchObject({ source: 'mirror', repository: FIRST, revision: headCommit })
    expect(listing.quantizations[0]?.textFiles[0]?.url).toBe(`${hub.base}/hf/${FIRST}/resolve/${headCommit}/${Q4.path}`)
  })

  test('of ModelScope is pinned file by file, as its files were last changed by different commits', async () => {
    const older = 'd'.repeat(40)
    serveModelScope(scope, FIRST, [Q4, { ...Q8, sha256: undefined }, PROJECTOR], { [Q4.path]: older })
    const listing = await catalogue(['modelscope']).listing(ENTRY, signal)
    expect(listing).toMatchObject({ source: 'modelscope', repository: FIRST, revision: headCommit })
    expect(listing.quantizations.map(({ textFiles }) => textFiles)).toEqual([
      [{ ...Q4, url: `${scope.base}/models/${FIRST}/resolve/${older}/${Q4.path}` }],
      [{ ...Q8, sha256: null, url: `${scope.base}/models/${FIRST}/resolve/${headCommit}/${Q8.path}` }],
    ])
    expect(asked(scope)).toEqual([`/api/v1/models/${FIRST}/repo/files?Revision=master&Recursive=true`])
  })

  test('leaves out paths that lead elsewhere and sizes that cannot be', async () => {
    const hostile = ['../Q4_K_S.gguf', '/etc/m-Q4_0.gguf', 'a/../../m-Q5_0.gguf', 'a\\m-Q5_1.gguf', 'C:m-Q6_K.gguf', 'a//m-Q3_K_M.gguf', 'm\n-Q2_K.gguf', './m-Q3_K_S.gguf']
    const sizes = [0, -1, 1.5, 2 ** 60].map((bytes, i) => ({ path: `m${i}-IQ${i + 1}_M.gguf`, bytes, sha256: digest('1') }))
    serveHuggingFace(hub, FIRST, [...hostile.map((path) => ({ path, bytes: Q4.bytes })), ...sizes, { ...Q4, sha256: 'not a digest' }, PROJECTOR])
    const { quantizations } = await catalogue().listing(ENTRY, signal)
    expect(quantizations.flatMap(({ textFiles }) => textFiles)).toMatchObject([{ path: Q4.path, sha256: null }])
  })

  test('encodes what an address cannot hold', async () => {
    serveHuggingFace(hub, FIRST, [{ ...Q4, path: 'my files/a#b%-Q4_K_M.gguf' }, PROJECTOR])
    const { quantizations } = await catalogue().listing(ENTRY, signal)
    expect(quantizations[0]?.textFiles[0]?.url).toBe(`${hub.base}/${FIRST}/resolve/${headCommit}/my%20files/a%23b%25-Q4_K_M.gguf`)
  })
})

describe('the projector', () => {
  test('comes from the repository that the entry names when there is none, or only one in full precision', async () => {
    serveHuggingFace(hub, THIRD, [Q4, FULL_PROJECTOR])
    serveHuggingFace(hub, SECOND, [PROJECTOR])
    const listing = await catalogue().listing(ENTRY, signal)
    expect(listing.repository).toBe(THIRD)
    expect(listing.quantizations[0]?.projector?.url).toBe(`${hub.base}/${SECOND}/resolve/${headCommit}/${PROJECTOR.path}`)
  })

  test('in full precision is used when the other repository does not answer', async () => {
    serveHuggingFace(hub, THIRD, [Q4, FULL_PROJECTOR])
    const listing = await catalogue().listing(ENTRY, signal)
    expect(listing.quantizations[0]?.projector?.path).toBe(FULL_PROJECTOR.path)
  })

  test('decides: a repository without one is passed over, and offered when no other is there', async () => {
    serveHuggingFace(hub, FIRST, [Q4])
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: FIRST, quantizations: [{ name: 'Q4_K_M', projector: null }] })
    serveHuggingFace(hub, SECOND, FILES)
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })
})

describe('when a repository or source fails', () => {
  test('a missing repository gives way to the next, also where Hugging Face says 401 for what does not exist', async () => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(401, { 'x-error-code': 'RepoNotFound' }))
    serveHuggingFace(hub, THIRD, [Q4, PROJECTOR])
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: THIRD })
    expect(asked(hub).slice(0, 2)).toEqual([FIRST, SECOND].map((repository) => `/api/models/${repository}/revision/main`))
  })

  test('a repository without usable files gives way to the next', async () => {
    serveHuggingFace(hub, FIRST, [{ path: 'model.safetensors', bytes: 5 }])
    serveHuggingFace(hub, SECOND, FILES)
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test.each([401, 403])('%i asks for a token or the licence, after the other repositories were tried', async (code) => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(code))
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', 'keep an access token for Hugging Face'))
    expect(asked(hub)).toHaveLength(4)
    await expect(catalogue(['huggingface'], { token: async () => 'kept' }).listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', 'Check the access token'))
    serveHuggingFace(hub, SECOND, FILES)
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test('429 says when to come back; the source is not asked again, the next one is', async () => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(429, { 'retry-after': '30' }))
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'in 30 seconds'))
    expect(asked(hub)).toHaveLength(1)
    serveModelScope(scope, FIRST, FILES)
    expect(await catalogue(['huggingface', 'modelscope']).listing(ENTRY, signal)).toMatchObject({ source: 'modelscope' })
    await expect(catalogue(['modelscope', 'huggingface']).listing(ENTRY, signal)).resolves.toMatchObject({ source: 'modelscope' })
    expect(asked(hub)).toHaveLength(2)
  })

  test.each([500, 502, 503])('a fault of the server (%i) is told', async (code) => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(code))
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', `HTTP ${code}`))
  })

  test('a server that is not there is told with what to do', async () => {
    await hub.close()
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'Hugging Face cannot be reached (ECONNREFUSED). Check the connection, or choose another source in Settings.'))
  })

  test.each([
    ['a page of HTML', (response: { end(text: string): unknown }) => void response.end('<html>Sign in to the hotel</html>')],
    ['JSON of another kind', json({ sha: 42 })],
    ['nothing', status(200)],
  ])('%s instead of a listing is told', async (_, reply) => {
    hub.on(`/api/models/${FIRST}/revision/main`, reply)
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'not a list of files'))
  })

  test('an answer that is too large is not read to its end', async () => {
    const ended = new Promise<void>((resolve) => {
      hub.on(`/api/models/${FIRST}/revision/main`, (response) => {
        response.on('close', resolve)
        const fill = () => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', fill)
        }
        fill()
      })
    })
    await expect(catalogue(['huggingface'], { maxBytes: 200_000 }).listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'more than 200000 bytes'))
    await ended
  })

  test('an answer that hangs in its body runs into the time limit', async () => {
    hub.on(`/api/models/${FIRST}/revision/main`, (response) => void response.write('{"sha":'))
    await expect(catalogue(['huggingface'], { timeoutMs: 100 }).listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'did not answer within'))
  })

  test('cancelling ends it at once with its own reason', async () => {
    const controller = new AbortController()
    hub.on(`/api/models/${FIRST}/revision/main`, () => controller.abort(new Error('closed')))
    await expect(catalogue().listing(ENTRY, controller.signal)).rejects.toThrow('closed')
    await expect(catalogue().listing(ENTRY, controller.signal)).rejects.toThrow('closed')
    expect(asked(hub)).toHaveLength(1)
  })

  test('of several failures the one is told that the user can mend', async () => {
    scope.on(`/api/v1/models/${FIRST}/repo/files`, status(403))
    await hub.close()
    await expect(catalogue(['huggingface', 'modelscope']).listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', 'ModelScope'))
    await expect(catalogue(['huggingface']).listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'Hugging Face'))
  })

  test.each([
    ['success without files', { Code: 200, Success: true, Data: { Files: null, LatestCommitter: null } }],
    ['no success', { Code: 10010205001, Success: false, Data: null }],
  ])('ModelScope says with %s that there is none', async (_, answer) => {
    scope.on(`/api/v1/models/${FIRST}/repo/files`, json(answer))
    serveModelScope(scope, SECOND, FILES)
    expect(await catalogue(['modelscope']).listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test('nothing anywhere is not found; no source that has it says so', async () => {
    await expect(catalogue(['huggingface', 'modelscope']).listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', FIRST))
    await expect(catalogue(['modelscope']).listing('qwen2-vl-7b', signal)).rejects.toEqual(failure('NotFound', 'None of the chosen sources'))
    await expect(catalogue(['mirror']).listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', 'None of the chosen sources'))
    await expect(catalogue().listing('gpt-9', signal)).rejects.toEqual(failure('NotFound', 'gpt-9'))
  })

  test.each(['ftp://mirror.test', 'https://name:secret@mirror.test', 'mirror', 'https://mirror.test/?key=1'])('a mirror at %s is not asked; the others are', async (mirrorUrl) => {
    await expect(catalogue(['mirror'], { mirrorUrl }).listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'address of the mirror'))
    serveHuggingFace(hub, FIRST, FILES)
    expect(await catalogue(['mirror', 'huggingface'], { mirrorUrl }).listing(ENTRY, signal)).toMatchObject({ source: 'huggingface' })
  })
})

describe('the token', () => {
  test('goes to the source that it is kept for and to no other', async () => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(503))
    serveModelScope(scope, FIRST, FILES)
    const token = async (source: SourceName) => (source === 'huggingface' ? 'hf_secret' : null)
    await catalogue(['huggingface', 'modelscope'], { token }).listing(ENTRY, signal)
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hf_secret'])
    expect(scope.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  test('does not follow a redirect to another host, and does on the same one', async () => {
    serveHuggingFace(hub, FIRST, FILES)
    serveHuggingFace(scope, 'renamed/it', FILES)
    hub.on(`/api/models/${FIRST}/revision/main`, status(307, { location: '/moved' }))
    hub.on('/moved', status(302, { location: `${scope.base}/api/models/renamed/it/revision/main` }))
    await catalogue(['huggingface'], { token: async () => 'hf_secret' }).listing(ENTRY, signal)
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer hf_secret'))
    expect(scope.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([['/api/models/renamed/it/revision/main', undefined]])
  })

  test.each(['two\nlines', 'non-ascii-ü', 'with space'])('%j is no token, and is not told', async (token) => {
    const refusal = catalogue(['huggingface'], { token: async () => token }).listing(ENTRY, signal)
    await expect(refusal).rejects.toEqual(failure('SourceRefused', 'Copy it again'))
    await expect(refusal).rejects.not.toThrow(token)
    expect(hub.requests).toEqual([])
  })

  test('that is blank counts as none', async () => {
    serveHuggingFace(hub, FIRST, FILES)
    await catalogue(['huggingface'], { token: async () => ' \n' }).listing(ENTRY, signal)
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })
})

describe('redirects', () => {
  test('five are followed, six are not', async () => {
    serveHuggingFace(hub, FIRST, FILES)
    const start = `/api/models/${FIRST}/revision/main`
    const chain = (length: number) => {
      hub.on(start, status(302, { location: '/hop/1' }))
      for (let i = 1; i <= length; i++) hub.on(`/hop/${i}`, i === length ? json({ sha: headCommit }) : status(302, { location: `/hop/${i + 1}` }))
    }
    chain(5)
    expect(await catalogue().listing(ENTRY, signal)).toMatchObject({ repository: FIRST })
    chain(6)
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'without end'))
  })

  test.each(['file:///etc/passwd', 'ftp://host.test/x', 'http://['])('to %s are refused', async (location) => {
    hub.on(`/api/models/${FIRST}/revision/main`, status(302, { location }))
    await expect(catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'not safe'))
  })
})

describe('a listing that was read', () => {
  test('is kept for ten minutes', async () => {
    serveHuggingFace(hub, FIRST, FILES)
    const kept = catalogue()
    const first = await kept.listing(ENTRY, signal)
    now += 10 * 60_000 - 1
    expect(await kept.listing(ENTRY, signal)).toBe(first)
    expect(asked(hub)).toHaveLength(2)
    now += 1
    expect(await kept.listing(ENTRY, signal)).toEqual(first)
    expect(asked(hub)).toHaveLength(4)
  })

  test('is not used for other sources or entries, and failures are not kept', async () => {
    let order: SourceName[] = ['huggingface']
    const kept = catalogue([], { sources: () => ({ order, mirrorUrl: null }) })
    await expect(kept.listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', FIRST))
    serveHuggingFace(hub, FIRST, FILES)
    serveModelScope(scope, FIRST, FILES)
    expect(await kept.listing(ENTRY, signal)).toMatchObject({ source: 'huggingface' })
    order = ['modelscope']
    expect(await kept.listing(ENTRY, signal)).toMatchObject({ source: 'modelscope' })
    await expect(kept.listing('qwen2-vl-72b-instruct', signal)).rejects.toEqual(failure('NotFound', 'no repository'))
  })
})
