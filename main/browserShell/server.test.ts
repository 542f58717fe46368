import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { AppError, Attachment, ErrorInfo } from '#contract'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openStore } from '../lib/database/index.ts'
import { receivePosted } from '../lib/http/attachments.ts'
import { forkWorker } from '../nodePorts.ts'
import { createAttachments } from '../services/media/attachments/attachments.ts'
import { createFrameSets } from '../services/media/frames/frameSets.ts'
import { createMediaProcess } from '../services/media/process/mediaProcess.ts'
import { ATTACHMENTS } from './attachmentRoutes.ts'
import { serveBrowser } from './server.ts'
import type { BrowserServer } from './server.ts'

const MAX_BYTES = 300_000
const root = mkdtempSync(join(tmpdir(), 'shell-'))
const uiFolder = join(root, 'ui')
const attachmentsFolder = join(root, 'attachments')
const store = openStore(root)
const media = createMediaProcess({ spawnWorker: forkWorker })
const attachments = createAttachments({
  database: store.db,
  folder: attachmentsFolder,
  media,
  limits: { picture: MAX_BYTES, video: MAX_BYTES },
})
const frames = createFrameSets({
  folder: join(root, 'frames'),
  media,
  keepPoster: (sha, make) => attachments.keepPoster(sha, make),
})
const imported = new Map<string, string>()
const imports = {
  async store(upload: string, body: AsyncIterable<Uint8Array>) {
    let text = ''
    for await (const chunk of body) text += Buffer.from(chunk).toString()
    imported.set(upload, text)
  },
}
const app = {
  attachments,
  frames,
  receive: (address: string, body: AsyncIterable<Uint8Array>, signal?: AbortSignal) =>
    receivePosted(
      { attachments: { ...attachments, address: ATTACHMENTS }, frames, captures: null, imports },
      address,
      body,
      signal,
    ),
  /** Echoes, so that a connected WebSocket can be told from a refused one. */
  serve: (channel: {
    onMessage(listener: (message: string | Uint8Array) => void): void
    send(message: string | Uint8Array): unknown
  }) => {
    channel.onMessage((message) => void channel.send(message))
    return () => {}
  },
  close: async () => {},
}
const png = await sharp({ create: { width: 600, height: 40, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()

let server: BrowserServer
let host: string
let cookie: string

beforeAll(() => {
  mkdirSync(join(uiFolder, 'assets'), { recursive: true })
  writeFileSync(join(uiFolder, 'index.html'), '<!doctype html><title>Sightline</title>')
  writeFileSync(join(uiFolder, 'assets', 'main-abc.js'), 'export {}')
  writeFileSync(join(uiFolder, 'assets', 'notes.secret'), 'secret')
  writeFileSync(join(root, 'outside.json'), '{"secret":true}')
  symlinkSync(join(root, 'outside.json'), join(uiFolder, 'link.json'))
})
beforeEach(async () => {
  server = await serveBrowser({ app, uiFolder, port: 0 })
  host = `127.0.0.1:${server.port}`
  const entry = await ask('GET', server.url.slice(`http://${host}`.length))
  cookie = entry.headers['set-cookie']![0]!.split(';')[0]!
})
afterEach(() => server.close())
afterAll(() => {
  media.close()
  store.close()
  rmSync(root, { recursive: true, force: true })
})

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** One request with exactly these headers; the path goes out as it is. */
function ask(method: string, path: string, headers: Record<string, string> = {}, body?: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, method, path, agent: false, headers: { host, ...headers } },
      (response) => {
        buffer(response).then(
          (bytes) => resolve({ status: response.statusCode!, headers: response.headers, body: bytes }),
          reject,
        )
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}
const own = (more: Record<string, string> = {}) => ({ cookie, origin: `http://${host}`, ...more })
const get = (path: string, more: Record<string, string> = {}) => ask('GET', path, { cookie, ...more })
const upload = (name: string, bytes: Uint8Array, more: Record<string, string> = {}) =>
  ask('POST', `/attachments/?name=${encodeURIComponent(name)}`, own(more), bytes)
const errorOf = ({ body }: Answer) => ErrorInfo.parse(JSON.parse(body.toString()))
const stored = () =>
  readdirSync(attachmentsFolder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

/** The status that a WebSocket handshake ends with; 101 sends a message and waits for its echo. */
function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers: { host, ...headers } })
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!))
    socket.on('open', () => socket.send('hello'))
    socket.on('message', () => {
      resolve(101)
      socket.close()
    })
    socket.on('error', reject)
  })
}

describe('who is let in', () => {
  test('the token in the address becomes a cookie and leaves the address', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/)
    const answer = await ask('GET', server.url.slice(`http://${host}`.length))
    expect(answer).toMatchObject({ status: 303, headers: { location: '/', 'cache-control': 'no-store' } })
    const [set] = answer.headers['set-cookie']!
    expect(set).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
    expect(server.url).not.toContain(set!.split(/[=;]/)[1])
    expect((await get('/')).status).toBe(200)
  })

  test('an address for one visit works once', async () => {
    const path = server.visitUrl().slice(`http://${host}`.length)
    expect([(await ask('GET', path)).status, (await ask('GET', path)).status]).toEqual([303, 401])
  })

  test('no token, a wrong token, a wrong cookie', async () => {
    expect((await ask('GET', '/')).status).toBe(401)
    expect((await ask('GET', '/?token=')).status).toBe(401)
    const wrong = await ask('GET', `/?token=${'A'.repeat(43)}`)
    expect(wrong.status).toBe(401)
    expect(wrong.headers['set-cookie']).toBeUndefined()
    expect(
      (await ask('GET', '/', { cookie: `${cookie.slice(0, -1)}${cookie.endsWith('A') ? 'B' : 'A'}` })).status,
    ).toBe(401)
    expect((await ask('GET', '/assets/main-abc.js')).status).toBe(401)
    const attachment = await ask('GET', `/attachments/${'0'.repeat(64)}`)
    expect([attachment.status, errorOf(attachment).code]).toEqual([401, 'Unauthorized'])
    expect(await upgrade('/rpc', { origin: `http://${host}` })).toBe(401)
  })

  test.each([
    'evil.test',
    'sightline.local',
    '127.0.0.1',
    'localhost',
    '127.0.0.1:1',
    '[::1]:80',
    '127.0.0.1.evil.test',
  ])('the host %j is refused', async (evil) => {
    expect((await ask('GET', '/', { cookie, host: evil })).status).toBe(403)
    expect(await upgrade('/rpc', { cookie, host: evil, origin: `http://${evil}` })).toBe(403)
  })

  test('localhost with the port is this server too', async () => {
    const localhost = `localhost:${server.port}`
    expect((await ask('GET', '/', { cookie, host: localhost })).status).toBe(200)
    expect(await upgrade('/rpc', { cookie, host: localhost, origin: `http://${localhost}` })).toBe(101)
  })

  test('pages of other origins cannot change, connect or embed', async () => {
    for (const origin of [
      'http://evil.test',
      'null',
      'http://127.0.0.1:1',
      `https://${host}`,
      `http://localhost:${server.port}`,
    ]) {
      expect((await ask('POST', '/attachments/?name=a.png', own({ origin }), png)).status, origin).toBe(403)
      expect((await get('/', { origin })).status, origin).toBe(403)
      expect(await upgrade('/rpc', { cookie, origin }), origin).toBe(403)
    }
    expect((await ask('POST', '/attachments/?name=a.png', { cookie }, png)).status).toBe(403)
    expect(await upgrade('/rpc', { cookie })).toBe(403)
    expect((await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).status).toBe(403)
    expect((await get('/', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' })).status).toBe(403)
    expect((await get('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).status).toBe(200)
    expect(stored()).toBe(0)
  })

  test('files to be imported are kept under a UUID, and are not to be read', async () => {
    const uuid = '0b0e7f9e-7d0c-4d5c-9d59-1f2a3b4c5d6e'
    const path = `/attachments/imports/${uuid}`
    expect((await ask('POST', path, { cookie, origin: 'http://evil.test' }, Buffer.from('x'))).status).toBe(403)
    expect((await ask('POST', path, own(), Buffer.from('words'))).status).toBe(204)
    expect([...imported]).toEqual([[uuid, 'words']])
    expect((await get(path)).status).toBe(404)
    expect((await ask('DELETE', path, own())).headers.allow).toBe('POST')
    expect((await ask('POST', '/attachments/imports/x', own(), Buffer.from('x'))).status).toBe(405)
  })

  test('the WebSocket is at /rpc, for the own page with its cookie', async () => {
    expect(await upgrade('/rpc', own())).toBe(101)
    expect(await upgrade('/other', own())).toBe(404)
  })

  test('the server listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address && !address.internal && address.family === 'IPv4')
    for (const address of ['127.0.0.2', ...(outside ? [outside.address] : [])]) {
      const outcome = await new Promise((resolve) => {
        const socket = connect({ host: address, port: server.port })
        socket
          .once('connect', () => resolve('connected'))
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
        socket.once('close', () => socket.destroy())
      })
      expect(outcome).not.toBe('connected')
    }
  })

  test('a port in use is a typed error', async () => {
    const error = await serveBrowser({ app, uiFolder, port: server.port }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({
      code: 'Busy',
      message: expect.stringContaining(`Port ${server.port} is in use`) as string,
    })
  })
})

describe('the window', () => {
  test('comes with its type and strict headers, and no CORS', async () => {
    const page = await get('/')
    expect(page.body.toString()).toContain('<title>Sightline</title>')
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    })
    const policy = page.headers['content-security-policy'] as string
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      `connect-src 'self' ws://${host}`,
    ]) {
      expect(policy.split('; ')).toContain(part)
    }
    const script = await get('/assets/main-abc.js')
    expect(script).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'private, max-age=31536000, immutable',
      },
    })
    for (const answer of [page, script, await ask('GET', '/')])
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
    expect((await ask('HEAD', '/', { cookie })).headers['content-length']).toBe(String(page.body.length))
    expect((await ask('PUT', '/index.html', own())).status).toBe(405)
  })

  test('what the build has compressed is sent so to a browser that reads it', async () => {
    const plain = 'export {}'.repeat(100)
    writeFileSync(join(uiFolder, 'assets', 'small-abc.js'), plain)
    writeFileSync(join(uiFolder, 'assets', 'small-abc.js.br'), brotliCompressSync(plain))
    const get = (encodings?: string) =>
      ask('GET', '/assets/small-abc.js', { cookie, ...(encodings && { 'accept-encoding': encodings }) })
    for (const encodings of ['gzip, deflate, br, zstd', 'br;q=0.5', 'br']) {
      const { headers, body } = await get(encodings)
      expect(headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' })
      expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
      expect(headers['content-length']).toBe(String(body.length))
      expect(brotliDecompressSync(body).toString()).toBe(plain)
    }
    for (const encodings of [undefined, 'gzip', 'br;q=0', 'brotli']) {
      const { headers, body } = await get(encodings)
      expect(headers).not.toHaveProperty('content-encoding')
      expect(headers.vary).toBe('Accept-Encoding')
      expect(body.toString()).toBe(plain)
    }
    expect((await ask('GET', '/assets/small-abc.js.br', { cookie })).status).toBe(404)
  })

  test.each([
    '/../outside.json',
    '/%2e%2e/outside.json',
    '/..%2foutside.json',
    '/assets/..%2f..%2foutside.json',
    '/..%5coutside.json',
    '//outside.json',
    '/assets/../../outside.json',
    '/link.json',
    '/index.html%00.js',
    '/%',
    '/%252e%252e/outside.json',
    '/assets/notes.secret',
    '/assets',
    '/../ui/../outside.json',
    'http://evil.test/index.html',
  ])('%s is not there', async (path) => {
    const answer = await get(path)
    expect(answer.status).toBe(404)
    expect(answer.body.toString()).not.toContain('secret')
  })

  test('a window that is not built says so', async () => {
    await server.close()
    server = await serveBrowser({ app, uiFolder: join(root, 'none'), port: 0 })
    host = `127.0.0.1:${server.port}`
    cookie = (await ask('GET', server.url.slice(`http://${host}`.length))).headers['set-cookie']![0]!.split(';')[0]!
    const page = await get('/')
    expect(page.status).toBe(503)
    expect(page.body.toString()).toContain('The window is not built')
    expect(page.body.toString()).toContain('npm run build')
  })

  test('windows are counted: empty when the last one has gone', async () => {
    await server.whenEmpty()
    const socket = new WebSocket(`ws://${host}/rpc`, { headers: own() })
    await new Promise((resolve) => socket.once('open', resolve))
    let empty = false
    const wait = server.whenEmpty().then(() => (empty = true))
    await ask('GET', '/')
    expect(empty).toBe(false)
    socket.close()
    await wait
  })
})

describe('attachments', () => {
  test('an upload answers its attachment; the bytes come back, whole, in part and small', async () => {
    const answer = await upload('ein Bild #1.png', png)
    expect(answer.status).toBe(200)
    const attachment = Attachment.parse(JSON.parse(answer.body.toString()))
    expect(attachment).toMatchObject({
      name: 'ein Bild #1.png',
      mime: 'image/png',
      width: 600,
      height: 40,
      bytes: png.length,
    })
    const address = `/attachments/${attachment.sha}`
    const whole = await get(address)
    expect(whole).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'image/png',
        'accept-ranges': 'bytes',
        'cache-control': 'private, max-age=31536000, immutable',
      },
    })
    expect(whole.headers['content-security-policy']).toContain('sandbox')
    expect(Buffer.compare(whole.body, png)).toBe(0)
    const size = png.length
    for (const [range, from, to] of [
      ['bytes=0-9', 0, 9],
      ['bytes=10-', 10, size - 1],
      ['bytes=-5', size - 5, size - 1],
      [`bytes=3-${size * 2}`, 3, size - 1],
    ] as const) {
      const part = await get(address, { range })
      expect(part).toMatchObject({
        status: 206,
        headers: { 'content-range': `bytes ${from}-${to}/${size}`, 'content-length': String(to - from + 1) },
      })
      expect(Buffer.compare(part.body, png.subarray(from, to + 1)), range).toBe(0)
    }
    expect(await get(address, { range: `bytes=${size}-` })).toMatchObject({
      status: 416,
      headers: { 'content-range': `bytes */${size}` },
    })
    for (const range of ['bytes=9-1', 'bytes=0-1,4-5', 'lines=1-2', 'bytes=-'])
      expect((await get(address, { range })).status, range).toBe(200)
    expect((await get(address, { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200)
    expect((await get(address, { 'if-none-match': whole.headers.etag as string })).status).toBe(304)
    expect(await ask('HEAD', address, { cookie })).toMatchObject({
      status: 200,
      headers: { 'content-length': String(size) },
    })
    const thumb = await get(`${address}?size=thumb`)
    expect(thumb.headers['content-type']).toBe('image/webp')
    expect(await sharp(thumb.body).metadata()).toMatchObject({ width: 512 })
    const again = await upload('again.png', png)
    expect(JSON.parse(again.body.toString())).toMatchObject({ sha: attachment.sha, name: 'again.png' })
    expect(stored()).toBe(2)
  })

  test('a video is stored with what its window knows of it, streams in parts, and its frames come and go by their numbers', async () => {
    const clip = Buffer.concat([
      Buffer.from('\x1aE\xdf\xa3\x9fB\x82\x84webm', 'latin1'),
      Buffer.alloc(MAX_BYTES - 100, 5),
    ])
    const facts = { width: 64, height: 48, durationMs: 2000, frames: 60, fps: 30, codec: 'vp9', startMs: 0 }
    const post = (path: string, bytes: Uint8Array) => ask('POST', path, own(), bytes)
    const told = await post(`/attachments/?name=clip.webm&facts=${encodeURIComponent(JSON.stringify(facts))}`, clip)
    const attachment = Attachment.parse(JSON.parse(told.body.toString()))
    expect(attachment).toMatchObject({ kind: 'video', mime: 'video/webm', ...facts })
    expect(await get(`/attachments/${attachment.sha}`, { range: 'bytes=10-19' })).toMatchObject({
      status: 206,
      body: clip.subarray(10, 20),
      headers: { 'content-type': 'video/webm' },
    })
    expect((await get(`/attachments/${attachment.sha}?size=thumb`)).status).toBe(404)
    for (const wrong of ['{', '{}', JSON.stringify({ ...facts, frames: -1 })]) {
      const answer = await post(`/attachments/?name=clip.webm&facts=${encodeURIComponent(wrong)}`, clip)
      expect([answer.status, errorOf(answer).code], wrong).toEqual([400, 'InvalidInput'])
    }

    const sample = { range: null, wishedFps: 2, fps: 2, indices: [0, 59], timesMs: [0, 1967], width: 56, height: 28 }
    const { key } = frames.begin({ sha: attachment.sha, sample, video: facts })
    const address = `/attachments/frames/${key}/1`
    const pixels = Buffer.alloc(64 * 48 * 4, 90)
    expect((await get(address)).status).toBe(404)
    const poster = `/attachments/frames/${key}/poster`
    expect((await post(`${poster}?width=64&height=48&format=rgba`, pixels)).status).toBe(204)
    expect(await get(`/attachments/${attachment.sha}?size=thumb`)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/webp' },
    })
    expect((await get(poster)).status).toBe(404)
    expect(await post(`${address}?width=64&height=48&format=rgba`, pixels)).toMatchObject({
      status: 204,
      body: Buffer.alloc(0),
    })
    const frame = await get(address)
    expect(frame).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/png', 'cache-control': 'private, no-cache' },
    })
    expect(await sharp(frame.body).raw().toBuffer()).toEqual(Buffer.alloc(56 * 28 * 3, 90))
    expect(await get(`/attachments/${attachment.sha}?size=thumb`)).toMatchObject({
      status: 200,
      headers: { 'content-type': 'image/webp' },
    })
    for (const [path, bytes, status] of [
      [`${address}?width=64&height=48&format=rgba`, pixels.subarray(1), 400],
      [`${address}?width=64&height=48&format=rgb`, pixels, 400],
      [`${address}?width=64&height=48`, pixels, 400],
      [`${poster}?width=1024&height=12&format=rgba`, pixels, 400],
      [`/attachments/frames/${key}/2?width=64&height=48&format=rgba`, pixels, 404],
      [`/attachments/frames/${'0'.repeat(64)}/1?width=64&height=48&format=rgba`, pixels, 404],
    ] as const)
      expect((await post(path, bytes)).status, path).toBe(status)
    expect((await ask('DELETE', address, own())).headers.allow).toBe('GET, HEAD, POST')
    expect(
      (await ask('POST', `${address}?width=64&height=48&format=rgba`, { cookie, origin: 'http://evil.test' }, pixels))
        .status,
    ).toBe(403)
  })

  test('what is no attachment is a NotFound', async () => {
    for (const name of ['0'.repeat(64), 'x', '..%2f..%2foutside.json', '../outside.json', '']) {
      const answer = await get(`/attachments/${name}`)
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'NotFound'])
    }
    expect((await ask('DELETE', `/attachments/${'0'.repeat(64)}`, own())).status).toBe(405)
  })

  test('refused uploads answer an ErrorInfo and leave nothing', async () => {
    const before = stored()
    const bomb = Buffer.from(png)
    bomb.writeUInt32BE(50_000, 16)
    bomb.writeUInt32BE(50_000, 20)
    for (const [name, bytes, status, code] of [
      ['notes.png', Buffer.from('only text\n'), 415, 'UnsupportedMedia'],
      ['drawing.svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 415, 'UnsupportedMedia'],
      ['cut.png', png.subarray(0, 50), 422, 'DamagedMedia'],
      ['bomb.png', bomb, 413, 'MediaTooLarge'],
      ['empty.png', Buffer.alloc(0), 422, 'DamagedMedia'],
      ['huge.png', Buffer.alloc(MAX_BYTES * 20), 413, 'MediaTooLarge'],
    ] as const) {
      const answer = await upload(name, bytes)
      expect([answer.status, errorOf(answer).code]).toEqual([status, code])
      expect(errorOf(answer).message).toContain(name)
    }
    expect(stored()).toBe(before)
  })

  test('an aborted upload leaves nothing', async () => {
    const before = stored()
    const { promise: seen, resolve } = Promise.withResolvers<unknown>()
    await server.close()
    const watched = {
      ...app,
      receive: (...args: Parameters<typeof app.receive>) => {
        const work = app.receive(...args)
        work.catch(resolve)
        return work
      },
    }
    server = await serveBrowser({ app: watched, uiFolder, port: 0 })
    host = `127.0.0.1:${server.port}`
    cookie = (await ask('GET', server.url.slice(`http://${host}`.length))).headers['set-cookie']![0]!.split(';')[0]!
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      method: 'POST',
      path: '/attachments/?name=a.png',
      headers: { host, ...own(), 'content-length': png.length },
    })
    request.on('error', () => {})
    request.write(png.subarray(0, 100), () => request.destroy())
    expect(await seen).toMatchObject({ code: 'Interrupted' })
    expect(stored()).toBe(before)
  })
})
