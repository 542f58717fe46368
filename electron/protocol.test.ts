import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '#contract'
import type { Protocol } from 'electron'
import { beforeAll, expect, test } from 'vitest'
import { handleProtocol } from './protocol.ts'
import type { ProtocolContents } from './protocol.ts'

const sha = 'a'.repeat(64)
let ask: (url: string, init?: RequestInit) => Promise<Response>

const stored = join(mkdtempSync(join(tmpdir(), 'sightline-stored-')), 'file')
writeFileSync(stored, '0123456789')

const attachments: ProtocolContents['attachments'] = {
  async open(asked, size) {
    if (size === 'thumb') throw new Error('secret path /home/someone')
    if (asked !== sha) throw new AppError('NotFound', 'There is no such picture.')
    return { mime: 'image/png', bytes: 10, path: stored }
  },
}

const png = Buffer.from([1, 2, 3])
const captures: ProtocolContents['captures'] = {
  open: async (path) => (path === 'c1/display 1' ? png : null),
}

const key = 'c'.repeat(64)
const frames: ProtocolContents['frames'] = {
  async open(asked, n) {
    if (asked !== key || n !== 7) throw new AppError('NotFound', 'There is no such frame.')
    return { mime: 'image/png', bytes: 10, path: stored }
  },
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

test('nothing is stored this way: Electron reads the body of a request whole', async () => {
  const init = { method: 'POST', body: '12345', headers: { Origin: 'app://sightline' } }
  for (const path of [
    'attachment/?name=a.png',
    `attachment/frames/${key}/7?width=1&height=1&format=rgb`,
    'capture/c1/chosen',
  ])
    expect((await ask(`app://${path}`, init)).status, path).toBe(405)
})

test('a refusal says its code, a defect says nothing of itself', async () => {
  const refused = await ask(`app://attachment/${'b'.repeat(64)}`)
  expect([refused.status, await refused.json()]).toEqual([
    404,
    { code: 'NotFound', message: 'There is no such picture.' },
  ])
  const defect = await ask(`app://attachment/${sha}?size=thumb`)
  expect(defect.status).toBe(500)
  expect(await defect.text()).not.toContain('secret')
})

test('a stored file comes whole or in part, a missing one is 404', async () => {
  const part = await ask(`app://attachment/${sha}`, { headers: { Range: 'bytes=2-4' } })
  expect([part.status, part.headers.get('Content-Range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234'])
  expect(await (await ask(`app://attachment/${sha}`)).text()).toBe('0123456789')
  expect((await ask(`app://attachment/${sha}`, { headers: { Range: 'bytes=10-' } })).status).toBe(416)
  const other = await ask(`app://attachment/${sha}`, { headers: { Range: 'bytes=2-4', 'If-Range': '"another file"' } })
  expect([other.status, await other.text()]).toEqual([200, '0123456789'])
  expect((await ask(`app://attachment/${sha}`, { method: 'HEAD' })).headers.get('Content-Length')).toBe('10')
  expect((await ask(`app://attachment/${'b'.repeat(64)}`)).status).toBe(404)
  expect((await ask('app://attachment/index.html')).status).toBe(404)
})

test('frames of a video come from their set', async () => {
  const frame = await ask(`app://attachment/frames/${key}/7`)
  expect([frame.status, frame.headers.get('Content-Type'), await frame.text()]).toEqual([
    200,
    'image/png',
    '0123456789',
  ])
  for (const path of [
    `${key}/8`,
    `${key}/poster`,
    `${key}/07`,
    `${key}/-1`,
    `${key}/`,
    key,
    '../1',
    `${key.toUpperCase()}/1`,
  ])
    expect((await ask(`app://attachment/frames/${path}`)).status, path).toBe(404)
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
})
