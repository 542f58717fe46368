import { readFile, writeFile } from 'node:fs/promises'
import { AppError, say } from '#contract'
import type { RawFrame } from '#contract'
import sharp from 'sharp'
import type { RgbPicture } from './resize.ts'

/** Reads pixels from a file; alpha is dropped. Throws InvalidInput when the file is not as long as the layout says. */
export async function readRaw(path: string, { width, height, format }: RawFrame): Promise<RgbPicture> {
  const bytes = await readFile(path)
  const channels = format === 'rgb' ? 3 : 4
  const expected = width * height * channels
  if (bytes.length !== expected)
    throw new AppError(
      'InvalidInput',
      say`A frame of ${width} x ${height} pixels has ${expected} bytes, not ${bytes.length}.`,
      { expected },
    )
  return { width, height, data: channels === 3 ? bytes : withoutAlpha(bytes) }
}

/** Writes a picture without loss, so that it is on the disk for good. */
export async function writePng({ data, width, height }: RgbPicture, target: string): Promise<void> {
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 3 })
    .toBuffer()
  await writeFile(target, png, { flush: true })
}

/** Writes a WebP picture of at most `side` x `side` pixels for lists and returns its MIME type. */
export async function writeSmall({ data, width, height }: RgbPicture, target: string, side: number): Promise<string> {
  const whole = sharp(data, { raw: { width, height, channels: 3 } })
  const small = whole.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
  await writeFile(target, await small.webp({ quality: 80 }).toBuffer())
  return 'image/webp'
}

/** In the same memory. */
function withoutAlpha(pixels: Uint8Array): Uint8Array {
  let to = 0
  for (let from = 0; from < pixels.length; from += 4) {
    pixels[to++] = pixels[from]!
    pixels[to++] = pixels[from + 1]!
    pixels[to++] = pixels[from + 2]!
  }
  return pixels.subarray(0, to)
}
