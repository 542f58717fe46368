import { describe, expect, test } from 'vitest'
import type { SourceName } from '#contract'
import { ENTRY, FILES, FIRST, HEAD, requestedUrls, failure, signal, useFixture } from '../testing/fixture.ts'
import { headCommit, json, serveHuggingFace, serveModelScope, status } from '../testing/sourceServer.ts'

const fixture = useFixture()

describe('a bad answer', () => {
  test.each([500, 502, 503])('a fault of the server (%i) is told', async (code) => {
    fixture.hub.on(HEAD, status(code))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', `HTTP ${code}`),
    )
  })

  test('a server that is not there is told with what to do', async () => {
    await fixture.hub.close()
    const message =
      'Hugging Face cannot be reached (ECONNREFUSED). Check the connection, or choose another source in Settings.'
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', message))
  })

  test.each([
    [
      'a page of HTML',
      (response: { end(text: string): unknown }) => void response.end('<html>Sign in to the hotel</html>'),
    ],
    ['JSON of another kind', json({ sha: 42 })],
    ['nothing', status(200)],
  ])('%s instead of a listing is told', async (_, reply) => {
    fixture.hub.on(HEAD, reply)
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', 'not a list of files'),
    )
  })

  test('an answer that is too large is not read to its end', async () => {
    const ended = new Promise<void>((resolve) => {
      fixture.hub.on(HEAD, (response) => {
        response.on('close', resolve)
        const fill = () => {
          while (response.write('x'.repeat(65_536)));
          response.once('drain', fill)
        }
        fill()
      })
    })
    const refusal = failure('SourceUnreachable', 'more than 200000 bytes')
    await expect(fixture.catalogue(['huggingface'], { maxBytes: 200_000 }).listing(ENTRY, signal)).rejects.toEqual(
      refusal,
    )
    await ended
  })

  test('an answer that hangs in its body runs into the time limit', async () => {
    fixture.hub.on(HEAD, (response) => void response.write('{"sha":'))
    const impatient = fixture.catalogue(['huggingface'], { timeoutMs: 100 })
    await expect(impatient.listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', 'did not answer within'),
    )
  })

  test('cancelling ends it at once with its own reason', async () => {
    const controller = new AbortController()
    fixture.hub.on(HEAD, () => controller.abort(new Error('closed')))
    await expect(fixture.catalogue().listing(ENTRY, controller.signal)).rejects.toThrow('closed')
    await expect(fixture.catalogue().listing(ENTRY, controller.signal)).rejects.toThrow('closed')
    expect(requestedUrls(fixture.hub)).toHaveLength(1)
  })
})

describe('the token', () => {
  test('goes to the source that it is kept for and to no other', async () => {
    fixture.hub.on(HEAD, status(503))
    serveModelScope(fixture.scope, FIRST, FILES)
    const token = async (source: SourceName) => (source === 'huggingface' ? 'hf_secret' : null)
    await fixture.catalogue(['huggingface', 'modelscope'], { token }).listing(ENTRY, signal)
    expect(fixture.hub.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hf_secret'])
    expect(fixture.scope.requests.map(({ headers }) => headers.authorization)).toEqual([undefined])
  })

  test('does not follow a redirect to another host, and does on the same one', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    fixture.scope.on('/api/models/renamed/it/revision/main', json({ id: FIRST, sha: headCommit }))
    fixture.hub.on(HEAD, status(307, { location: '/moved' }))
    fixture.hub.on('/moved', status(302, { location: `${fixture.scope.base}/api/models/renamed/it/revision/main` }))
    await fixture.catalogue(['huggingface'], { token: async () => 'hf_secret' }).listing(ENTRY, signal)
    expect(fixture.hub.requests.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer hf_secret'))
    expect(requestedUrls(fixture.scope)).toEqual(['/api/models/renamed/it/revision/main'])
    expect(fixture.scope.requests[0]?.headers.authorization).toBeUndefined()
  })

  test.each(['two\nlines', 'non-ascii-ü', 'with space'])('%j is no token, and is not told', async (token) => {
    const refusal = fixture.catalogue(['huggingface'], { token: async () => token }).listing(ENTRY, signal)
    await expect(refusal).rejects.toEqual(failure('SourceRefused', 'Copy it again'))
    await expect(refusal).rejects.not.toThrow(token)
    expect(fixture.hub.requests).toEqual([])
  })

  test('that is blank counts as none', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    await fixture.catalogue(['huggingface'], { token: async () => ' \n' }).listing(ENTRY, signal)
    expect(fixture.hub.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })
})

describe('redirects', () => {
  test('five are followed, six are not', async () => {
    serveHuggingFace(fixture.hub, FIRST, FILES)
    const chain = (length: number) => {
      fixture.hub.on(HEAD, status(302, { location: '/hop/1' }))
      for (let i = 1; i < length; i++) fixture.hub.on(`/hop/${i}`, status(302, { location: `/hop/${i + 1}` }))
      fixture.hub.on(`/hop/${length}`, json({ sha: headCommit }))
    }
    chain(5)
    expect(await fixture.catalogue().listing(ENTRY, signal)).toMatchObject({ repository: FIRST })
    chain(6)
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(
      failure('SourceUnreachable', 'without end'),
    )
  })

  test.each(['file:///etc/passwd', 'ftp://host.test/x', 'http://['])('to %s are refused', async (location) => {
    fixture.hub.on(HEAD, status(302, { location }))
    await expect(fixture.catalogue().listing(ENTRY, signal)).rejects.toEqual(failure('SourceUnreachable', 'not safe'))
  })
})
