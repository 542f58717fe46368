import { describe, expect, test } from 'vitest'
import { AppError } from '#contract'
import type { SourceName } from '#contract'
import { ENTRY, FILES, FIRST, FULL_PROJECTOR, HEAD, PROJECTOR, Q4, SECOND, THIRD } from './testing/fixture.ts'
import { requestedUrls, failure, signal, useFixture } from './testing/fixture.ts'
import { headCommit, json, serveHuggingFace, serveModelScope, status } from './testing/sourceServer.ts'

const fixture = useFixture()

describe('the projector', () => {
  test('comes from the repository that the entry names, whose is newer', async () => {
    serveHuggingFace(fixture.hub, SECOND, [Q4, { ...PROJECTOR, path: 'mmproj-made-in-2024-f16.gguf' }])
    serveHuggingFace(fixture.hub, FIRST, [PROJECTOR])
    const listing = await fixture.catalogue().listing(ENTRY, signal)
    expect(listing.repository).toBe(SECOND)
    expect(listing.quantizations[0]?.projector?.url).toBe(
      `${fixture.hub.base}/${FIRST}/resolve/${headCommit}/${PROJECTOR.path}`,
    )
    expect(listing.passedOver).toEqual([
      { source: 'huggingface', repository: FIRST, reason: 'has no GGUF files of this model' },
    ])
  })

  test('is the repository’s own when the other one does not answer', async () => {
    serveHuggingFace(fixture.hub, THIRD, [Q4, FULL_PROJECTOR])
    const listing = await fixture.catalogue().listing(ENTRY, signal)
    expect(listing.quantizations[0]?.projector?.path).toBe(FULL_PROJECTOR.path)
  })

  test('decides: a repository without one is passed over, and offered when no other is there', async () => {
    serveHuggingFace(fixture.hub, FIRST, [Q4])
    const blind = await fixture.catalogue().listing(ENTRY, signal)
    expect(blind).toMatchObject({ repository: FIRST, quantizations: [{ name: 'Q4_K_M', projector: null }] })
    expect(blind.passedOver.map(({ repository }) => repository)).not.toContain(FIRST)
    serveHuggingFace(fixture.hub, SECOND, FILES)
    const passedOver = [{ source: 'huggingface', repository: FIRST, reason: 'has no projector' }]
    expect(await fixture.catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND, passedOver })
  })
})

describe('when a repository or source fails', () => {
  test('a missing repository gives way to the next, also where Hugging Face says 401 for what does not exist', async () => {
    fixture.hub.on(HEAD, status(401, { 'x-error-code': 'RepoNotFound' }))
    serveHuggingFace(fixture.hub, THIRD, [Q4, PROJECTOR])
    expect(await fixture.catalogue().listing(ENTRY, signal)).toMatchObject({ repository: THIRD })
    expect(requestedUrls(fixture.hub).slice(0, 2)).toEqual(
      [FIRST, SECOND].map((repository) => `/api/models/${repository}/revision/main`),
    )
  })

  test('what Hugging Face does not have is missing, not refused, when there is nothing else', async () => {
    const gone = status(401, { 'x-error-code': 'RepoNotFound' })
    for (const repository of [FIRST, SECOND, THIRD]) fixture.hub.on(`/api/models/${repository}/revision/main`, gone)
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', FIRST))
  })

  test('why each one was passed over is told in the order in which they were asked', async () => {
    fixture.hub.on(HEAD, status(403))
    serveHuggingFace(fixture.hub, SECOND, FILES)
    fixture.hub.on(`/api/models/${SECOND}/revision/main`, json({ id: 'another/owner', sha: headCommit }))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', FIRST))
    serveHuggingFace(fixture.hub, THIRD, [Q4, PROJECTOR])
    const { repository, passedOver } = await fixture.catalogue().listing(ENTRY, signal)
    expect(repository).toBe(THIRD)
    expect(passedOver).toEqual([
      { source: 'huggingface', repository: FIRST, reason: 'is open only to those with an access token' },
      { source: 'huggingface', repository: SECOND, reason: 'is now called another/owner' },
    ])
    fixture.hub.on(`/api/models/${THIRD}/revision/main`, status(404))
    serveModelScope(fixture.scope, FIRST, FILES)
    const later = await fixture.catalogue(['huggingface', 'modelscope']).listing(ENTRY, signal)
    expect(later).toMatchObject({ source: 'modelscope', repository: FIRST })
    expect(later.passedOver.map(({ reason }) => reason).slice(2)).toEqual([
      'is not there any more',
      'is not there any more',
    ])
  })

  test('a repository without usable files gives way to the next', async () => {
    serveHuggingFace(fixture.hub, FIRST, [{ path: 'model.safetensors', bytes: 5 }])
    serveHuggingFace(fixture.hub, SECOND, FILES)
    expect(await fixture.catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test('a mirror that asks for a token is called so within the sentence', async () => {
    fixture.hub.on(HEAD, status(401))
    const refusal = failure('SourceRefused', 'keep an access token for the mirror 127.0.0.1')
    await expect(fixture.catalogue(['mirror'], { mirrorUrl: fixture.hub.base }).listing(ENTRY, signal)).rejects.toEqual(
      refusal,
    )
  })

  test.each([401, 403])('%i asks for a token or the licence, after the other repositories were tried', async (code) => {
    fixture.hub.on(HEAD, status(code))
    const refusal = failure('SourceRefused', 'keep an access token for Hugging Face')
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(refusal)
    expect(requestedUrls(fixture.hub)).toHaveLength(4)
    const withToken = fixture.catalogue(['huggingface'], { token: async () => 'kept' })
    await expect(withToken.listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', 'Check the access token'))
    serveHuggingFace(fixture.hub, SECOND, FILES)
    expect(await fixture.catalogue().listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test('429 says when to come back; the source is not asked again, the next one is', async () => {
    fixture.hub.on(HEAD, status(429, { 'retry-after': '30' }))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', 'in 30 seconds'),
    )
    expect(requestedUrls(fixture.hub)).toHaveLength(1)
    serveModelScope(fixture.scope, FIRST, FILES)
    expect(await fixture.catalogue(['huggingface', 'modelscope']).listing(ENTRY, signal)).toMatchObject({
      source: 'modelscope',
    })
    expect(await fixture.catalogue(['modelscope', 'huggingface']).listing(ENTRY, signal)).toMatchObject({
      source: 'modelscope',
    })
    expect(requestedUrls(fixture.hub)).toHaveLength(2)
  })

  test('of several failures the one is told that the user can mend', async () => {
    fixture.scope.on(`/api/v1/models/${FIRST}/repo/files`, status(403))
    await fixture.hub.close()
    const both = fixture.catalogue(['huggingface', 'modelscope'])
    await expect(both.listing(ENTRY, signal)).rejects.toEqual(failure('SourceRefused', 'ModelScope'))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', 'Hugging Face'),
    )
  })

  test.each([
    ['success without files', { Code: 200, Success: true, Data: { Files: null, LatestCommitter: null } }],
    ['no success', { Code: 10010205001, Success: false, Data: null }],
  ])('ModelScope says with %s that there is none', async (_, answer) => {
    fixture.scope.on(`/api/v1/models/${FIRST}/repo/files`, json(answer))
    serveModelScope(fixture.scope, SECOND, FILES)
    expect(await fixture.catalogue(['modelscope']).listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
  })

  test('nothing anywhere is not found; no source that has it says so', async () => {
    const nowhere = failure('NotFound', 'None of the chosen sources')
    const both = fixture.catalogue(['huggingface', 'modelscope'])
    await expect(both.listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', FIRST))
    await expect(fixture.catalogue(['modelscope']).listing('qwen2-vl-7b', signal)).rejects.toEqual(nowhere)
    await expect(fixture.catalogue(['mirror']).listing(ENTRY, signal)).rejects.toEqual(nowhere)
    await expect(fixture.catalogue().listing('gpt-9', signal)).rejects.toEqual(failure('NotFound', 'gpt-9'))
  })

  const withSecrets = ['https://name@mirror.test', 'https://:secret@mirror.test', 'https://mirror.test/?key=1']
  const notMirrors = ['ftp://mirror.test', 'mirror', 'https://mirror.test/#top', ...withSecrets]
  test.each(notMirrors)('a mirror at %s is not asked; the others are', async (mirrorUrl) => {
    const refusal = failure('SourceUnreachable', 'address of the mirror')
    await expect(fixture.catalogue(['mirror'], { mirrorUrl }).listing(ENTRY, signal)).rejects.toEqual(refusal)
    serveHuggingFace(fixture.hub, FIRST, FILES)
    const both = fixture.catalogue(['mirror', 'huggingface'], { mirrorUrl })
    expect(await both.listing(ENTRY, signal)).toMatchObject({ source: 'huggingface' })
  })
})

describe('a repository whose files turned out to be of no use', () => {
  const error = new AppError('DigestMismatch', 'It arrived damaged.')
  const first = { source: 'huggingface', repository: FIRST, error, earlier: [] } as const

  test('gives way to the next that has the quantization, for ten minutes', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    serveHuggingFace(fixture.hub, SECOND, [{ ...Q4, path: 'm-Q5_0.gguf' }, PROJECTOR])
    serveHuggingFace(fixture.hub, THIRD, FILES)
    const catalogue = fixture.catalogue()
    expect(await catalogue.listing(ENTRY, signal)).toMatchObject({ repository: FIRST, passedOver: [] })
    const passedOver = [
      { repository: FIRST, reason: expect.stringContaining('its SHA-256 is another') },
      { repository: SECOND, reason: 'has no Q4_K_M' },
    ]
    expect(await catalogue.alternative(ENTRY, 'Q4_K_M', first, signal)).toMatchObject({ repository: THIRD })
    expect(await catalogue.listing(ENTRY, signal, 'Q4_K_M')).toMatchObject({ repository: THIRD, passedOver })
    expect(await catalogue.listing(ENTRY, signal)).toMatchObject({ repository: SECOND })
    fixture.now += 10 * 60_000
    expect(await catalogue.listing(ENTRY, signal)).toMatchObject({ repository: FIRST })
  })

  test('stays where there is no other, or only one without a projector', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    const catalogue = fixture.catalogue()
    expect(await catalogue.alternative(ENTRY, 'Q4_K_M', first, signal)).toBeNull()
    expect(await catalogue.alternative('typed/repository', 'Q4_K_M', first, signal)).toBeNull()
    expect(await catalogue.listing(ENTRY, signal)).toMatchObject({ repository: FIRST })
  })
})

describe('a listing that was read', () => {
  test('is kept for ten minutes', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    const kept = fixture.catalogue()
    const first = await kept.listing(ENTRY, signal)
    fixture.now += 10 * 60_000 - 1
    expect(await kept.listing(ENTRY, signal)).toBe(first)
    expect(requestedUrls(fixture.hub)).toHaveLength(2)
    fixture.now += 1
    expect(await kept.listing(ENTRY, signal)).toEqual(first)
    expect(requestedUrls(fixture.hub)).toHaveLength(4)
  })

  test('is not used for other sources or entries, and failures are not kept', async () => {
    let order: SourceName[] = ['huggingface']
    const kept = fixture.catalogue([], { sources: () => ({ order, mirrorUrl: null }) })
    await expect(kept.listing(ENTRY, signal)).rejects.toEqual(failure('NotFound', FIRST))
    serveHuggingFace(fixture.hub, FIRST, FILES)
    serveModelScope(fixture.scope, FIRST, FILES)
    expect(await kept.listing(ENTRY, signal)).toMatchObject({ source: 'huggingface' })
    order = ['modelscope']
    expect(await kept.listing(ENTRY, signal)).toMatchObject({ source: 'modelscope' })
    await expect(kept.listing('qwen2-vl-72b-instruct', signal)).rejects.toEqual(failure('NotFound', 'no repository'))
  })
})
