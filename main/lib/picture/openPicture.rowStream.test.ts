import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openPicture, resizeBicubic } from './index.ts'

/** Larger than what is decoded in memory. */
const [W, H] = [4200, 3000]
const SIZE = { width: 588, height: 420 }
const folder = mkdtempSync(join(tmpdir(), 'rows-'))
let pixels: Buffer

beforeAll(() => {
  vi.stubEnv('TMPDIR', folder)
  pixels = Buffer.alloc(W * H * 3)
  for (let i = 0; i < pixels.length; i++) pixels[i] = (i * 7 + (i >> 9)) & 255
})
afterAll(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true, force: true })
})

describe('a large picture, resized as it is decoded', () => {
  test.each([1, 6, 8])('has the pixels of one that is decoded first, at orientation %i', async (orientation) => {
    const bytes = await sharp(pixels, { raw: { width: W, height: H, channels: 3 } })
      .withMetadata({ orientation })
      .jpeg({ quality: 80 })
      .toBuffer()
    const picture = await openPicture({ bytes, name: 'large.jpg' })
    const size = orientation > 4 ? { width: SIZE.height, height: SIZE.width } : SIZE
    const streamed = await picture.resized(size)
    expect(Buffer.compare(streamed.data, resizeBicubic(await picture.decode(), size).data)).toBe(0)
    expect(readdirSync(folder)).toEqual([])
  })

  test('with alpha and in grey', async () => {
    const alpha = await sharp(pixels.subarray(0, 3000 * 3500 * 2), { raw: { width: 3000, height: 3500, channels: 2 } })
      .resize(3600, 3600)
      .toColourspace('b-w')
      .png({ compressionLevel: 1 })
      .toBuffer()
    const picture = await openPicture({ bytes: alpha, name: 'large.png' })
    expect(picture.hasAlpha).toBe(true)
    expect(Buffer.compare((await picture.resized(SIZE)).data, resizeBicubic(await picture.decode(), SIZE).data)).toBe(0)
  })

  test('that is cut off is shown as far as it goes, and leaves no file behind', async () => {
    const bytes = await sharp(pixels, { raw: { width: W, height: H, channels: 3 } })
      .jpeg({ quality: 80 })
      .toBuffer()
    const picture = await openPicture({ bytes: bytes.subarray(0, bytes.length >> 1), name: 'cut.jpg' })
    const { data } = await picture.resized(SIZE)
    expect([...data.subarray(-3)]).toEqual([255, 255, 255])
    expect(picture.notes.join()).toMatch(/The lower (4|5)\d % of the picture is missing/)
    expect(readdirSync(folder)).toEqual([])
  })

  test('where no file can be written it is decoded in memory', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'none'))
    const bytes = await sharp(pixels, { raw: { width: W, height: H, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toBuffer()
    const picture = await openPicture({ bytes, name: 'large.png' })
    expect(
      Buffer.compare(
        (await picture.resized(SIZE)).data,
        resizeBicubic({ data: pixels, width: W, height: H }, SIZE).data,
      ),
    ).toBe(0)
  })
})
