import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'
import type { RgbPicture } from './resize.ts'

/** The eight bytes that every PNG starts with. */
export const PNG_MARK = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** One chunk as it stands in a file: length, name, content, check sum. */
export function pngChunk(name: string, content: Uint8Array): Buffer {
  const out = Buffer.alloc(content.length + 12)
  out.writeUInt32BE(content.length, 0)
  out.write(name, 4, 'latin1')
  out.set(content, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + content.length)), 8 + content.length)
  return out
}

/** 8 bits, red green blue, not interlaced. */
const RGB_8 = [8, 2, 0, 0, 0]
/** Frames are many, small and soon gone: speed before size. */
const LEVEL = 1

/**
 * A picture as PNG, without loss. Made of pixels alone by Node's own zlib, so that nothing that reads foreign files has to be
 * started for it.
 *
 * @see https://www.w3.org/TR/png-3/
 */
export async function encodePng({ width, height, data }: RgbPicture): Promise<Buffer> {
  const rowBytes = width * 3
  // each row begins with its filter, which is none
  const rows = Buffer.alloc((rowBytes + 1) * height)
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * rowBytes, (y + 1) * rowBytes), y * (rowBytes + 1) + 1)
  const size = Buffer.alloc(8)
  size.writeUInt32BE(width, 0)
  size.writeUInt32BE(height, 4)
  const pixels = await promisify(deflate)(rows, { level: LEVEL })
  const header = pngChunk('IHDR', Buffer.concat([size, Buffer.from(RGB_8)]))
  return Buffer.concat([PNG_MARK, header, pngChunk('IDAT', pixels), pngChunk('IEND', Buffer.alloc(0))])
}
