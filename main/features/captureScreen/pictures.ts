import { AppError } from '#contract'

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** A desktop of 16,384 x 16,384 pixels takes less as a PNG. */
const MAX_BYTES = 512 * 1024 * 1024
const HEAD_BYTES = 24

/** A captured picture in memory: a PNG file and its size in pixels. */
export interface CapturedPng {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
}

/** Reads a posted PNG to its end. Throws UnsupportedMedia when it is none, MediaTooLarge. */
export async function readPng(body: AsyncIterable<Uint8Array>): Promise<CapturedPng> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES)
      throw new AppError('MediaTooLarge', 'This part of the screen is too large. Choose a smaller one.')
    chunks.push(chunk.slice())
  }
  const png = Buffer.concat(chunks)
  const isPng = png.length >= HEAD_BYTES && png.subarray(0, PNG.length).equals(PNG)
  const [width, height] = isPng ? [png.readUInt32BE(16), png.readUInt32BE(20)] : [0, 0]
  if (width === 0 || height === 0)
    throw new AppError('UnsupportedMedia', 'What was captured is not a picture. Capture the screen again.')
  return { png, width, height }
}
