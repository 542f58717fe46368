import { createHash } from 'node:crypto'
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

const statusOf = async (sha: string): Promise<number> =>
  (await fetch(`${location.origin.replace('sightline', 'attachment')}/${sha}`)).status

test('a pasted picture comes back whole and in ranges, as itself and as a thumbnail', async ({
  desktop: { page },
  chat,
}) => {
  const bytes = readFileSync(join(root, 'resources/samples/red-circle.png'))
  const sha = createHash('sha256').update(bytes).digest('hex')
  await chat.paste('red-circle.png')
  await expect(chat.tray.first()).toBeVisible()
  await expect.poll(() => page.evaluate(statusOf, sha)).toBe(200)
  const result = await page.evaluate(async (sha) => {
    // The page of the real shell calls the host `attachment` by its own scheme.
    const at = location.origin.replace('sightline', 'attachment')
    const whole = await fetch(`${at}/${sha}`)
    const part = await fetch(`${at}/${sha}`, { headers: { Range: 'bytes=1-3' } })
    const outside = await fetch(`${at}/${sha}`, { headers: { Range: 'bytes=999999999-' } })
    const thumb = await createImageBitmap(await (await fetch(`${at}/${sha}?size=thumb`)).blob())
    return {
      size: (await whole.arrayBuffer()).byteLength,
      type: whole.headers.get('content-type'),
      part: { status: part.status, range: part.headers.get('content-range'), text: await part.text() },
      outside: outside.status,
      thumb: Math.max(thumb.width, thumb.height),
    }
  }, sha)
  expect(result).toMatchObject({
    size: bytes.length,
    type: 'image/png',
    part: { status: 206, range: `bytes 1-3/${bytes.length}`, text: 'PNG' },
    outside: 416,
  })
  expect(result.thumb).toBeLessThanOrEqual(512)
})

test('a missing picture says why, and nothing is stored by a request', async ({ desktop: { page } }) => {
  const answers = await page.evaluate(async () => {
    const at = location.origin.replace('sightline', 'attachment')
    const upload = await fetch(`${at}/?name=notes.png`, {
      method: 'POST',
      body: new File(['text'], 'notes.png', { type: 'image/png' }),
    })
    const missing = await fetch(`${at}/${'0'.repeat(64)}`)
    const named = await fetch(`${at}/..%2f..%2fsightline.db`)
    const code = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code]
    return [upload.status, await code(missing), await code(named)]
  })
  expect(answers).toEqual([405, [404, 'NotFound'], [404, 'NotFound']])
})
