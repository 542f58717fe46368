import sharp from 'sharp'
import { normaliseTable, patchify, plainOrder } from '../../engine/worker/vision/patches.ts'
import { visionOf } from '../../lib/families/families.ts'
import { tokenPixels } from '../../lib/families/family.ts'
import { openPicture, resizeBicubic, smartResize } from '../../lib/picture/index.ts'

const WIDTH = 4000
const HEIGHT = 3000
const BUDGET = { minPixels: 256 * 784, maxPixels: 1280 * 784 }

/** A photo of 12 megapixels as JPEG: noise over a gradient, so that nothing is easy to compress. */
export async function makePhoto(): Promise<Buffer> {
  const data = Buffer.alloc(WIDTH * HEIGHT * 3)
  let state = 1
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    data[i] = ((i / 3 / WIDTH) >> 4) + (state >>> 27)
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .jpeg({ quality: 90 })
    .toBuffer()
}

/** Milliseconds that sharp takes to decode the photo alone, and those from its bytes to normalised patches. */
export async function photoToPatches(photo: Buffer): Promise<{ decodeMs: number; totalMs: number }> {
  const started = performance.now()
  await sharp(photo).rotate().toColourspace('srgb').raw().toBuffer()
  const decoded = performance.now()
  const picture = await openPicture({ bytes: photo, name: 'the photo' })
  const frame = resizeBicubic(await picture.decode(), smartResize(picture, BUDGET))
  const vision = visionOf('qwen2vl')
  const token = tokenPixels(vision)
  patchify(
    frame,
    plainOrder(frame.height / token, frame.width / token).tokens,
    normaliseTable([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
    vision.patchPixels,
  )
  return { decodeMs: decoded - started, totalMs: performance.now() - decoded }
}
