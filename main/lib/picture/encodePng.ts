import { crc32, deflate } from 'node:zlib'
import { promisify } from 'node:util'
import type { RgbPicture } from './resize.ts'

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
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
  return Buffer.concat([SIGNATURE, chunk('IHDR', Buffer.concat([size, Buffer.from(RGB_8)])), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))])
}

function chunk(type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const ends = Buffer.alloc(8)
  ends.writeUInt32BE(content.length, 0)
  ends.writeUInt32BE(crc32(named), 4)
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)])
}
