import { crc32 } from 'node:zlib'

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
