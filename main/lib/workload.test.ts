import sharp from 'sharp'
import { expect, test } from 'vitest'
import { encodePng, picture } from './workload.ts'

test('a PNG has the pixels it was made of', async () => {
  const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 73) % 256)
  const { data, info } = await sharp(encodePng(pixels, 5, 3))
    .raw()
    .toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: 5, height: 3, channels: 3 })
  expect(new Uint8Array(data)).toEqual(pixels)
})

test('pictures of two numbers differ, those of one do not', async () => {
  expect(picture(1, 56)).toEqual(picture(1, 56))
  expect(picture(1, 56)).not.toEqual(picture(2, 56))
  expect(await sharp(picture(1_700_000_000_000, 56)).metadata()).toMatchObject({ format: 'png', width: 56, height: 56 })
})
