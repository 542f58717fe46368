import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createFileRequests, discard } from './fileRequests.ts'

const options = {
  headers: {},
  ownHeaders: { authorization: 'Bearer secret' },
  signal: new AbortController().signal,
  stallMs: 5000,
}

/** Plays a proxy, so that names of the internet can be asked for: each address redirects to the one in its query. */
const server = createServer((request, response) => {
  seen.push({ url: request.url ?? '', authorization: request.headers.authorization })
  const to = new URL(request.url ?? '/', 'http://x').searchParams.get('to')
  response.writeHead(to === null ? 200 : 302, to === null ? {} : { location: to }).end()
})
let seen: { url: string; authorization: string | undefined }[]
let address: string
let requests: ReturnType<typeof createFileRequests>

beforeEach(async () => {
  seen = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  requests = createFileRequests({ HTTP_PROXY: address })
})
afterEach(async () => {
  requests.close()
  await new Promise((resolve) => server.close(resolve))
})

test.each([
  'http://127.0.0.1:1/admin',
  'http://192.168.1.1/',
  'http://[::1]/',
  'http://nas.local/',
  'http://169.254.169.254/latest',
])('a source of the internet does not lead to %s', async (inside) => {
  const asking = requests.get(`http://models.example/m.gguf?to=${encodeURIComponent(inside)}`, options)
  await expect(asking).rejects.toMatchObject({
    code: 'SourceRefused',
    message: expect.stringContaining('in your own network') as string,
  })
  expect(seen).toHaveLength(1)
})

test('it may lead to another of the internet, which does not get its token', async () => {
  const answer = await requests.get(
    `http://models.example/m.gguf?to=${encodeURIComponent('http://cdn.example/m.gguf')}`,
    options,
  )
  discard(answer.body)
  expect(answer.url.host).toBe('cdn.example')
  expect(seen).toEqual([
    { url: expect.stringContaining('models.example') as string, authorization: 'Bearer secret' },
    { url: 'http://cdn.example/m.gguf', authorization: undefined },
  ])
})
