import { describe, expect, test } from 'vitest'
import {
  ENTRY,
  FILES,
  FIRST,
  PROJECTOR,
  Q4,
  Q8,
  requestedUrls,
  failure,
  signal,
  useFixture,
} from '../testing/fixture.ts'
import { headCommit, json, serveHuggingFace, serveModelScope, treeOf } from '../testing/sourceServer.ts'

const fixture = useFixture()

describe('a listing', () => {
  test('of Hugging Face is pinned to the commit, with digests, the projector apart', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    const listing = await fixture.catalogue().listing(ENTRY, signal)
    const urlOf = (path: string) => `${fixture.hub.base}/${FIRST}/resolve/${headCommit}/${path}`
    const projector = { ...PROJECTOR, url: urlOf(PROJECTOR.path) }
    expect(listing).toEqual({
      source: 'huggingface',
      repository: FIRST,
      revision: headCommit,
      passedOver: [],
      quantizations: [
        {
          name: 'Q4_K_M',
          bits: 4.92,
          textFiles: [{ ...Q4, url: urlOf(Q4.path) }],
          projector,
          downloadBytes: 6_035_660_832,
        },
        {
          name: 'Q8_0',
          bits: 8.51,
          textFiles: [{ ...Q8, url: urlOf(Q8.path) }],
          projector,
          downloadBytes: 9_451_113_504,
        },
      ],
    })
    for (const { headers } of fixture.hub.requests) {
      expect(headers['user-agent']).toBe('Sightline/1.2.3')
      expect(headers.authorization).toBeUndefined()
    }
  })

  test('of several pages is whole, and the next page is asked at the same server', async () => {
    serveHuggingFace(fixture.hub, FIRST, [])
    const tree = `/api/models/${FIRST}/tree/${headCommit}`
    fixture.hub.on(tree, (response, request) => {
      const isLast = request.url?.includes('cursor=second')
      const next = `<https://elsewhere.test${tree}?recursive=true&cursor=second>; rel="next"`
      json(treeOf(isLast ? [Q8, PROJECTOR] : [Q4]), isLast ? {} : { link: next })(response)
    })
    const { quantizations } = await fixture.catalogue().listing(ENTRY, signal)
    expect(quantizations.map(({ name }) => name)).toEqual(['Q4_K_M', 'Q8_0'])
    expect(quantizations.map(({ projector }) => projector?.path)).toEqual([PROJECTOR.path, PROJECTOR.path])
    expect(requestedUrls(fixture.hub).at(-1)).toBe(`${tree}?recursive=true&cursor=second`)
  })

  test('that never ends is given up', async () => {
    serveHuggingFace(fixture.hub, FIRST, [])
    const tree = `/api/models/${FIRST}/tree/${headCommit}`
    fixture.hub.on(tree, json(treeOf([Q4]), { link: `<${tree}?cursor=again>; rel="next"` }))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'more files'))
  })

  test('of a mirror below a path is the same with its address', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES, '/hf')
    const listing = await fixture.catalogue(['mirror'], { mirrorUrl: `${fixture.hub.base}/hf/` }).listing(ENTRY, signal)
    expect(listing).toMatchObject({ source: 'mirror', repository: FIRST, revision: headCommit })
    expect(listing.quantizations[0]?.textFiles[0]?.url).toBe(
      `${fixture.hub.base}/hf/${FIRST}/resolve/${headCommit}/${Q4.path}`,
    )
  })

  test('of ModelScope is pinned file by file, as its files were last changed by different commits', async () => {
    const older = 'd'.repeat(40)
    serveModelScope(fixture.scope, FIRST, [Q4, { ...Q8, sha256: undefined }, PROJECTOR], { [Q4.path]: older })
    const listing = await fixture.catalogue(['modelscope']).listing(ENTRY, signal)
    expect(listing).toMatchObject({ source: 'modelscope', repository: FIRST, revision: headCommit })
    expect(listing.quantizations.map(({ textFiles }) => textFiles)).toEqual([
      [{ ...Q4, url: `${fixture.scope.base}/models/${FIRST}/resolve/${older}/${Q4.path}` }],
      [{ ...Q8, sha256: null, url: `${fixture.scope.base}/models/${FIRST}/resolve/${headCommit}/${Q8.path}` }],
    ])
    expect(requestedUrls(fixture.scope)).toEqual([`/api/v1/models/${FIRST}/repo/files?Revision=master&Recursive=true`])
  })

  test('leaves out paths that lead elsewhere and sizes that cannot be', async () => {
    const upwards = ['../Q4_K_S.gguf', 'a/../../m-Q5_0.gguf', './m-Q3_K_S.gguf', 'a//m-Q3_K_M.gguf', '/etc/m-Q4_0.gguf']
    const foreign = ['a\\m-Q5_1.gguf', 'C:m-Q6_K.gguf', 'm\n-Q2_K.gguf', 'm\u0085-Q4_1.gguf']
    const hostile = [...upwards, ...foreign].map((path) => ({ path, bytes: Q4.bytes }))
    const sizes = [0, -1, 1.5, 2 ** 60].map((bytes, i) => ({ path: `${i}/mmproj-F16.gguf`, bytes }))
    serveHuggingFace(fixture.hub, FIRST, [...hostile, ...sizes, { ...Q4, sha256: 'not a digest' }, PROJECTOR])
    const { quantizations } = await fixture.catalogue().listing(ENTRY, signal)
    expect(quantizations).toMatchObject([
      { textFiles: [{ path: Q4.path, sha256: null }], projector: { path: PROJECTOR.path } },
    ])
  })

  test('encodes what an address cannot hold', async () => {
    serveHuggingFace(fixture.hub, FIRST, [{ ...Q4, path: 'my files/a#b%-Q4_K_M.gguf' }, PROJECTOR])
    const { quantizations } = await fixture.catalogue().listing(ENTRY, signal)
    const url = `${fixture.hub.base}/${FIRST}/resolve/${headCommit}/my%20files/a%23b%25-Q4_K_M.gguf`
    expect(quantizations[0]?.textFiles[0]?.url).toBe(url)
  })
})
