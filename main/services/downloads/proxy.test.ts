import { createHash } from 'node:crypto'
import { createServer, request as ask } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer } from '../../testing/modelServer.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { openRig } from './testing/rig.ts'

/** A certificate for localhost and 127.0.0.1 that signs itself, with its key: for test servers only, trusted by nothing. */
const localhostCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUNoOx9yST5LOLwNGFWD/HRIhJ1I0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEzMjEyNFoYDzIxMjYxMDI4
MTMyMTI0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT8aiI5H3ZLoVS5LMOYVRUz3cJbOcFdhjglJKz0qWfdaHUjuVDqZ4LN
M4xOm2JPEwl0CkIAjcZcF0oLbWAzh7Omo28wbTAdBgNVHQ4EFgQU1L1Lmf0sVADL
co+9m2HQlFnvbYQwHwYDVR0jBBgwFoAU1L1Lmf0sVADLco+9m2HQlFnvbYQwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgefHyFBbyDlKWtQBsm8N3JwmeFUUpM0/HA3vrLd0ooOoCIQCp
muW3ogzgGWp6nm2zMy4YGJoOPXZbugpEyAx38BKtdA==
-----END CERTIFICATE-----`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbDyTz8QClYox/LKW
0nOS/a7hvZZ97FSX4x4bT7q801uhRANCAAT8aiI5H3ZLoVS5LMOYVRUz3cJbOcFd
hjglJKz0qWfdaHUjuVDqZ4LNM4xOm2JPEwl0CkIAjcZcF0oLbWAzh7Om
-----END PRIVATE KEY-----`,
}

const content = Buffer.alloc(50_000, 'x')
const repository = 'any/model'
const files = { 'm.gguf': content }
const trusted = tls.getCACertificates()

let folder: ReturnType<typeof tempFolder>
let proxy: Awaited<ReturnType<typeof startProxy>>
beforeEach(async () => {
  folder = tempFolder()
  proxy = await startProxy()
})
afterEach(async () => {
  tls.setDefaultCACertificates(trusted)
  await proxy.close()
  folder.remove()
})

test('plain requests go through HTTP_PROXY', async () => {
  await using server = await served()
  expect(await download(server, { HTTP_PROXY: proxy.address })).toMatchObject({ state: 'done' })
  expect(proxy.forwarded.length).toBe(server.requests.length)
  expect(proxy.forwarded[0]).toBe(server.fileUrl(repository, 'm.gguf'))
})

test('encrypted requests go through a tunnel of HTTPS_PROXY', async () => {
  tls.setDefaultCACertificates([...trusted, localhostCertificate.cert])
  await using server = await served({ certificate: localhostCertificate })
  expect(await download(server, { https_proxy: proxy.address })).toMatchObject({ state: 'done' })
  expect(proxy.forwarded).toEqual([])
  expect(new Set(proxy.tunnels)).toEqual(new Set([new URL(server.address).host]))
})

test('what NO_PROXY names goes straight', async () => {
  await using server = await served()
  expect(await download(server, { HTTP_PROXY: proxy.address, NO_PROXY: '127.0.0.1,.example.com' })).toMatchObject({
    state: 'done',
  })
  expect(proxy.forwarded).toEqual([])
})

test.each([['http'], ['https']])('a proxy that wants a password says so (%s)', async (scheme) => {
  proxy.refuse(407)
  await using server = await served(scheme === 'https' ? { certificate: localhostCertificate } : {})
  const job = await download(server, { HTTP_PROXY: proxy.address, HTTPS_PROXY: proxy.address })
  expect(job.error).toMatchObject({
    code: 'SourceRefused',
    message: expect.stringContaining('The proxy asks for a name and a password') as string,
  })
})

test('a proxy that cannot reach the source is tried again, then told', async () => {
  proxy.refuse(502)
  await using server = await served({ certificate: localhostCertificate })
  const job = await download(server, { HTTPS_PROXY: proxy.address })
  expect(job.error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('the proxy does not reach it') as string,
  })
  expect(proxy.tunnels.length).toBe(5)
})

test('proxy settings that cannot be read fail the job, not the service', async () => {
  await using server = await served()
  const job = await download(server, { HTTP_PROXY: 'http://[::1' })
  expect(job.error).toMatchObject({
    code: 'InvalidInput',
    message: expect.stringContaining('The proxy settings cannot be read') as string,
  })
})

test('a certificate that nobody signed is not accepted, and not tried again', async () => {
  await using server = await served({ certificate: localhostCertificate })
  const job = await download(server, {})
  expect(job.error).toMatchObject({
    code: 'SourceUnreachable',
    message: expect.stringContaining('its certificate does not hold') as string,
  })
  expect(server.requests).toEqual([])
})

test('a redirect that drops encryption is followed to this computer only', async () => {
  tls.setDefaultCACertificates([...trusted, localhostCertificate.cert])
  await using plain = await served()
  await using server = await served({ certificate: localhostCertificate })
  server.add({ repository, files, cdn: plain.address })
  expect(await download(server, {})).toMatchObject({ state: 'done' })

  server.add({ repository: 'another/model', files, cdn: 'http://models.example' })
  const job = await download(server, { HTTP_PROXY: proxy.address }, 'another/model')
  expect(job.error).toMatchObject({
    code: 'SourceRefused',
    message: expect.stringContaining('without encryption') as string,
  })
  expect(proxy.forwarded).toEqual([])
})

async function served(options: Parameters<typeof startModelServer>[1] = {}): Promise<ModelServer & AsyncDisposable> {
  const server = await startModelServer([{ repository, files }], options)
  return { ...server, [Symbol.asyncDispose]: () => server.close() }
}

async function download(server: ModelServer, env: Record<string, string>, name = repository) {
  const rig = openRig(folder.path, { env })
  try {
    const sha256 = createHash('sha256').update(content).digest('hex')
    const file = {
      path: 'm.gguf',
      url: server.fileUrl(name, 'm.gguf'),
      bytes: content.length,
      sha256,
      role: 'text' as const,
    }
    return await rig.settled(
      rig.downloads.start({ name, entryId: name, quantization: 'Q4', folder: name.replace('/', ' '), files: [file] })
        .id,
    )
  } finally {
    await rig.close()
  }
}

/** A forward proxy: absolute addresses for http, CONNECT for https. */
async function startProxy() {
  const forwarded: string[] = []
  const tunnels: string[] = []
  let refusal: number | null = null
  const server = createServer((request, response) => {
    if (refusal !== null) return void response.writeHead(refusal, { 'Content-Length': 0 }).end()
    forwarded.push(request.url as string)
    const onward = ask(request.url as string, { headers: request.headers }, (answer: IncomingMessage) => {
      response.writeHead(answer.statusCode as number, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    onward.end()
  })
  server.on('connect', (request: IncomingMessage, socket) => {
    tunnels.push(request.url as string)
    socket.on('error', () => {})
    if (refusal !== null) return void socket.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`)
    const [host, port] = (request.url as string).split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(socket)
      socket.pipe(onward)
    })
    onward.on('error', () => socket.destroy())
    socket.on('close', () => onward.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forwarded,
    tunnels,
    /** From now on every request is answered with this status. */
    refuse: (status: number) => void (refusal = status),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
