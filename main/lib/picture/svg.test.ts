import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { openPicture } from './index.ts'

const folder = tempFolder()
afterAll(() => folder.remove())
const SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
const open = (text: string, pixels?: number) =>
  openPicture({ bytes: Buffer.from(text), name: 'plan.svg', ...(pixels !== undefined && { pixels }) })
const colourAt = async (text: string, x: number, y: number) => {
  const { data, width, height } = await (await open(text)).decode()
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3
  return [...data.subarray(at, at + 3)]
}
const failure = (text: string) =>
  open(text)
    .then((picture) => picture.decode())
    .then(
      () => expect.fail('should have been refused'),
      (error: unknown) => error,
    )

describe('SVG', () => {
  const drawing = `<svg ${SVG} viewBox="0 0 40 20"><rect width="20" height="20" fill="rgb(200,0,0)"/></svg>`

  test('is unpacked where gzip packed it, within bounds', async () => {
    const packed = (text: string) => openPicture({ bytes: gzipSync(text), name: 'plan.svgz' })
    expect(await packed(drawing)).toMatchObject({ mime: 'image/svg+xml', width: 1414, height: 707 })
    const long = `<svg ${SVG} viewBox="0 0 9 9"><!--${' '.repeat(33 * 1024 ** 2)}--></svg>`
    await expect(packed(long)).rejects.toMatchObject({ code: 'MediaTooLarge' })
    const cut = gzipSync(`<svg ${SVG}>${randomBytes(9_000).toString('hex')}</svg>`).subarray(0, 6_000)
    await expect(openPicture({ bytes: cut, name: 'plan.svgz' })).rejects.toMatchObject({ code: 'DamagedMedia' })
    await expect(packed('notes\n')).rejects.toMatchObject({ code: 'UnsupportedMedia' })
  })

  test('is drawn with about as many pixels as are asked for, sharp and over white', async () => {
    const size = async (pixels?: number) => {
      const { width, height } = await open(drawing, pixels)
      return [width, height]
    }
    expect(await size()).toEqual([1414, 707])
    expect(await size(80_000)).toEqual([400, 200])
    expect(await size(8_000_000)).toEqual([4000, 2000])
    expect(await colourAt(drawing, 0.49, 0.5)).toEqual([200, 0, 0])
    expect(await colourAt(drawing, 0.51, 0.5)).toEqual([255, 255, 255])
  })

  test('loads no other file and nothing from the network, and says so', async () => {
    const blue = join(folder.path, 'blue.png')
    writeFileSync(
      blue,
      await sharp({ create: { width: 9, height: 9, channels: 3, background: 'blue' } })
        .png()
        .toBuffer(),
    )
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      const path = join(folder.path, 'drawing.svg')
      const hrefs = ['blue.png', blue, pathToFileURL(blue).href, `http://127.0.0.1:${port}/blue.png`]
      const images = hrefs.map((href) => `<image xlink:href="${href}" width="40" height="20"/>`)
      writeFileSync(path, `<svg ${SVG} viewBox="0 0 40 20">${images.join('')}</svg>`)
      const picture = await openPicture({ path })
      const { data } = await picture.decode()
      expect(data.every((value) => value === 255)).toBe(true)
      expect(picture.notes).toEqual([expect.stringContaining('not loaded') as string])
      expect(asked).toEqual([])
    } finally {
      server.close()
    }
  })

  test('pictures inside of it are drawn', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'rgb(0,0,200)' } })
      .png()
      .toBuffer()
    const inside = `<svg ${SVG} viewBox="0 0 4 4"><image href="data:image/png;base64,${png.toString('base64')}" width="4" height="4"/></svg>`
    expect(await colourAt(inside, 0.5, 0.5)).toEqual([0, 0, 200])
    expect((await open(inside)).notes).toEqual([])
  })

  test('a long drawing that says it is larger than can be drawn is drawn smaller', async () => {
    const { width, height } = await open(`<svg ${SVG} width="60000" height="6000"><rect width="9" height="9"/></svg>`)
    expect(width / height).toBeCloseTo(10, 0)
    expect(width * height).toBeLessThan(1_100_000)
  })

  const entities = ['b', 'c', 'd', 'e', 'f', 'g'].map(
    (name, n) => `<!ENTITY ${name} "${`&${'abcdef'[n]};`.repeat(20)}">`,
  )
  test.each([
    [
      'entities that grow',
      `<!DOCTYPE svg [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">${entities.join('')}]><svg ${SVG} width="9" height="9"><text>&g;</text></svg>`,
    ],
    [
      'an entity that is another file',
      `<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/hostname">]><svg ${SVG} width="9" height="9"><text>&x;</text></svg>`,
    ],
    ['no size at all', `<svg ${SVG} width="0" height="0"/>`],
    ['an end that is missing', `<svg ${SVG} width="9" height="9"><rect`],
  ])('%s: refused', async (_, text) => {
    expect(await failure(text)).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('plan.svg') as string,
    })
  })

  test('a file of more than 32 MB is refused', async () => {
    expect(await failure(`<svg ${SVG} width="9" height="9">${' '.repeat(33 * 1024 ** 2)}</svg>`)).toMatchObject({
      code: 'MediaTooLarge',
    })
  })
})
