import { PNG_MARK, pngChunk } from '../pngChunks.ts'

const numbers = (...values: number[]): Buffer => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, n) => out.writeUInt32BE(value, n * 4))
  return out
}

/** The content of all chunks of a name, in a PNG. */
function contentOf(png: Buffer, wanted: string): Buffer {
  const parts: Buffer[] = []
  for (let at = 8; at + 8 <= png.length; at += png.readUInt32BE(at) + 12)
    if (png.toString('latin1', at + 4, at + 8) === wanted)
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
  return Buffer.concat(parts)
}

/** A PNG that moves, of pictures of one size and form, each shown for so many ms. */
export function apng(pictures: readonly Buffer[], delays: readonly number[]): Buffer {
  const header = contentOf(pictures[0]!, 'IHDR')
  let sequence = 0
  const frames = pictures.flatMap((picture, n) => {
    const control = Buffer.concat([numbers(sequence++), header.subarray(0, 8), numbers(0, 0), Buffer.alloc(6)])
    control.writeUInt16BE(delays[n]!, 20)
    control.writeUInt16BE(1000, 22)
    const data = contentOf(picture, 'IDAT')
    return [
      pngChunk('fcTL', control),
      n === 0 ? pngChunk('IDAT', data) : pngChunk('fdAT', Buffer.concat([numbers(sequence++), data])),
    ]
  })
  const counts = pngChunk('acTL', numbers(pictures.length, 0))
  return Buffer.concat([PNG_MARK, pngChunk('IHDR', header), counts, ...frames, pngChunk('IEND', Buffer.alloc(0))])
}
