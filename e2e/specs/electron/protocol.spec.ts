import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../support/electronProgram.ts'
import { expect, test } from '../../support/electronFixtures.ts'

test('nothing outside of the built page is served', async ({ desktop: { page } }) => {
  const paths = [
    '/../electron/main.js',
    '/..%2felectron%2fmain.js',
    '/%2e%2e/electron/main.js',
    '/assets/..%5c..%5celectron%5cmain.js',
    '/nothing.js',
    '/index.html%00.js',
  ]
  const statuses = await page.evaluate(
    (list) => Promise.all(list.map(async (path) => (await fetch(path)).status)),
    paths,
  )
  expect(statuses).toEqual(paths.map(() => 404))
  expect(await page.evaluate(async () => (await fetch('/index.html')).status)).toBe(200)
  expect(await page.evaluate(async () => (await fetch('/', { method: 'POST', body: 'x' })).status)).toBe(405)
})

test('an upload comes back whole and in ranges, as itself and as a thumbnail', async ({ desktop: { page } }) => {
  const bytes = readFileSync(join(root, 'resources/samples/red-circle.png'))
  const result = await page.evaluate(async (base64) => {
    const file = new File([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], 'red.png', {
      type: 'image/png',
    })
    // The page of the real shell calls the host `attachment` by its own scheme.
    const at = location.origin.replace('sightline', 'attachment')
    const stored = (await (await fetch(`${at}/?name=red.png`, { method: 'POST', body: file })).json()) as {
      sha: string
      name: string
      width: number
    }
    const whole = await fetch(`${at}/${stored.sha}`)
    const part = await fetch(`${at}/${stored.sha}`, { headers: { Range: 'bytes=1-3' } })
    const outside = await fetch(`${at}/${stored.sha}`, { headers: { Range: 'bytes=999999999-' } })
    const thumb = await createImageBitmap(await (await fetch(`${at}/${stored.sha}?size=thumb`)).blob())
    return {
      stored,
      size: (await whole.arrayBuffer()).byteLength,
      type: whole.headers.get('content-type'),
      part: { status: part.status, range: part.headers.get('content-range'), text: await part.text() },
      outside: outside.status,
      thumb: Math.max(thumb.width, thumb.height),
    }
  }, bytes.toString('base64'))
  expect(result).toMatchObject({
    stored: { name: 'red.png' },
    size: bytes.length,
    type: 'image/png',
    part: { status: 206, range: `bytes 1-3/${bytes.length}`, text: 'PNG' },
    outside: 416,
  })
  expect(result.thumb).toBeLessThanOrEqual(512)
})

test('a refused upload and a missing picture say why', async ({ desktop: { page } }) => {
  const answers = await page.evaluate(async () => {
    const at = location.origin.replace('sightline', 'attachment')
    const upload = await fetch(`${at}/?name=notes.png`, {
      method: 'POST',
      body: new File(['text'], 'notes.png', { type: 'image/png' }),
    })
    const missing = await fetch(`${at}/${'0'.repeat(64)}`)
    const named = await fetch(`${at}/..%2f..%2fsightline.db`)
    const code = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
    return [await code(upload), await code(missing), await code(named)]
  })
  expect(answers).toEqual([
    [415, 'UnsupportedMedia'],
    [404, 'NotFound'],
    [404, 'NotFound'],
  ])
})
