import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { Protocol } from 'electron'
import { beforeAll, expect, test } from 'vitest'
import { AppError } from '#contract'
import type { App } from '../../main/app.ts'
import type { AttachmentStore, FrameStore } from './attachments.ts'
import { handleProtocol } from './index.ts'

const sha = 'a'.repeat(64)
let ask: (url: string, init?: RequestInit) => Promise<Response>

const attachments: AttachmentStore = {
  async store(name, body) {
    const chunks: Uint8Array[] = []
    for await (const chunk of body) chunks.push(chunk)
    if (name === 'bad') throw new AppError('DamagedMedia', 'bad is damaged.')
    if (name === 'defect') throw new Error('secret path /home/someone')
    return { sha, kind: 'image', mime: 'image/png', name, bytes: Buffer.concat(chunks).length, width: 1, height: 1 }
  },
  async open(asked) {
    if (asked !== sha) throw new AppError('NotFound', 'There is no such picture.')
    return {
      mime: 'image/png',
      bytes: 10,
      stream: (range) => Readable.from(Buffer.from('0123456789').subarray(range?.start ?? 0, (range?.end ?? 9) + 1)),
    }
  },
}

const png = Buffer.from([1, 2, 3])
const posted: string[] = []
const captures: App['captures'] = {
  open: async (path) => (path === 'c1/display 1' ? png : null),
  async store(path, body) {
    if (path !== 'c1/chosen') throw new AppError('NotFound', 'This capture is over.')
    for await (const chunk of body) posted.push(Buffer.from(chunk).toString())
  },
}

const key = 'c'.repeat(64)
const sent: string[] = []
const frames: FrameStore = {
  async store(asked, n, layout, body) {
    if (asked !== key) throw new AppError('NotFound', 'These frames were not asked for.')
    for await (const chunk of body)
      sent.push(`${n} ${layout.width}x${layout.height} ${layout.format} ${Buffer.from(chunk).toString()}`)
  },
  async storePoster(_asked, layout, body) {
    for await (const chunk of body)
      sent.push(`poster ${layout.width}x${layout.height} ${layout.format} ${Buffer.from(chunk).toString()}`)
  },
  open: async () => ({ mime: 'image/png', bytes: 3, stream: () => Readable.from(png) }),
}

beforeAll(() => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-page-'))
  const page = join(folder, 'page')
  mkdirSync(join(page, 'assets'), { recursive: true })
  writeFileSync(join(page, 'index.html'), '<!doctype html>')
  writeFileSync(join(page, 'assets/app.js'), 'app()')
  writeFileSync(join(folder, 'secret.js'), 'secret()')
  symlinkSync(join(folder, 'secret.js'), join(page, 'assets/link.js'))
  let handler: Parameters<Protocol['handle']>[1] | null = null
  handleProtocol({ handle: (_scheme, handle) => void (handler = handle) }, { page, attachments, frames, captures })
  ask = async (url, init) => (await handler?.(new Request(url, init) as never)) as Response
})

test('the page comes with its policy and types', async () => {
  const response = await ask('app://sightline/')
  expect(response.status).toBe(200)
  expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
  expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'; script-src 'self';")
  expect(await (await ask('app://sightline/assets/app.js')).text()).toBe('app()')
})

test('no path leads out of the page, and unknown hosts have nothing', async () => {
  for (const path of [
    '../secret.js',
    '..%2fsecret.js',
    '%2e%2e/secret.js',
    'assets/..%2f..%2fsecret.js',
    'assets/link.js',
    'assets/%00.js',
    'assets',
    '%E0%A4%A',
  ]) {
    expect((await ask(`app://sightline/${path}`)).status, path).toBe(404)
  }
  expect((await ask('app://other/index.html')).status).toBe(404)
  expect((await ask('app://sightline/', { method: 'PUT', body: '' })).status).toBe(405)
})

test('an upload answers what was stored; a refusal says its code, a defect says nothing of itself', async () => {
  const upload = (name: string) =>
    ask(`app://attachment/?name=${name}`, { method: 'POST', body: '12345', headers: { Origin: 'app://sightline' } })
  const stored = await upload('my%20cat.png')
  expect(stored.headers.get('Access-Control-Allow-Origin')).toBe('app://sightline')
  expect(await stored.json()).toMatchObject({ name: 'my cat.png', bytes: 5 })
  const refused = await upload('bad')
  expect([refused.status, await refused.json()]).toEqual([422, { code: 'DamagedMedia', message: 'bad is damaged.' }])
  const defect = await upload('defect')
  expect(defect.status).toBe(500)
  expect(await defect.text()).not.toContain('secret')
})

test('a stored file comes whole or in part, a missing one is 404', async () => {
  const part = await ask(`app://attachment/${sha}`, { headers: { Range: 'bytes=2-4' } })
  expect([part.status, part.headers.get('Content-Range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234'])
  expect(await (await ask(`app://attachment/${sha}`)).text()).toBe('0123456789')
  expect((await ask(`app://attachment/${sha}`, { headers: { Range: 'bytes=10-' } })).status).toBe(416)
  expect((await ask(`app://attachment/${sha}`, { method: 'HEAD' })).headers.get('Content-Length')).toBe('10')
  expect((await ask(`app://attachment/${'b'.repeat(64)}`)).status).toBe(404)
  expect((await ask('app://attachment/index.html')).status).toBe(404)
})

test('frames of a video go to their set and come from it', async () => {
  const post = (path: string) =>
    ask(`app://attachment/frames/${path}`, { method: 'POST', body: 'pixels', headers: { Origin: 'app://sightline' } })
  expect((await post(`${key}/7?width=64&height=48&format=rgba`)).status).toBe(204)
  expect((await post(`${key}/poster?width=64&height=48&format=rgba`)).status).toBe(204)
  expect(sent).toEqual(['7 64x48 rgba pixels', 'poster 64x48 rgba pixels'])
  expect((await ask(`app://attachment/frames/${key}/poster`)).status).toBe(404)
  expect((await post(`${'d'.repeat(64)}/7?width=64&height=48&format=rgb`)).status).toBe(404)
  for (const query of [
    '',
    'width=64&height=48',
    'width=0&height=48&format=rgb',
    'width=1e3&height=48&format=rgb',
    'width=64&height=48&format=bgr',
  ])
    expect((await post(`${key}/7?${query}`)).status, query).toBe(400)
  for (const path of [`${key}/07`, `${key}/-1`, `${key}/`, key, '../1', `${key.toUpperCase()}/1`])
    expect((await post(`${path}?width=64&height=48&format=rgb`)).status, path).toBe(404)
  const frame = await ask(`app://attachment/frames/${key}/7`)
  expect([frame.status, frame.headers.get('Content-Type'), new Uint8Array(await frame.arrayBuffer())]).toEqual([
    200,
    'image/png',
    new Uint8Array([1, 2, 3]),
  ])
})

test('another origin is refused before the store is asked', async () => {
  const response = await ask(`app://attachment/${sha}`, { headers: { Origin: 'http://evil.test' } })
  expect(response.status).toBe(403)
  expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull()
})

test('captured pictures are for the own page alone, and are stored nowhere', async () => {
  const from = (origin?: string) => (origin === undefined ? {} : { headers: { Origin: origin } })
  const response = await ask('app://capture/c1/display%201', from('app://sightline'))
  expect([response.status, response.headers.get('Content-Type'), response.headers.get('Cache-Control')]).toEqual([
    200,
    'image/png',
    'no-store',
  ])
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe('app://sightline')
  expect(Buffer.from(await response.arrayBuffer())).toEqual(png)
  for (const origin of [undefined, 'null', 'https://evil.test', 'app://attachment']) {
    expect((await ask('app://capture/c1/display%201', from(origin))).status, origin).toBe(403)
  }
  const own = from('app://sightline')
  expect((await ask('app://capture/c2/display%201', own)).status).toBe(404)
  expect((await ask('app://capture/c1/%E0%A4%A', own)).status).toBeGreaterThanOrEqual(400)
  expect((await ask('app://capture/c1/chosen', { ...own, method: 'PUT', body: '' })).status).toBe(405)
  expect((await ask('app://capture/c1/chosen', { ...own, method: 'POST', body: 'png' })).status).toBe(204)
  expect(posted).toEqual(['png'])
  expect((await ask('app://capture/c2/chosen', { ...own, method: 'POST', body: 'png' })).status).toBe(404)
})
