/** Pixels in memory: interleaved, rows from top to bottom, no padding; 16 bits in the machine's order. */
export interface RawPixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
  /** 1: grey, 2: grey + alpha, 3: RGB, 4: RGBA. */
  readonly channels: number
  readonly bits: 8 | 16
}

/**
 * The pixels as an uncompressed TIFF file with a profile or an orientation (as EXIF counts), which is how sharp takes pixels of
 * another colour space than sRGB, or to be turned: its raw input has no place for them.
 */
export function rawTiff(
  { data, width, height, channels, bits }: RawPixels,
  { icc = Buffer.alloc(0), orientation = 1 }: { icc?: Buffer; orientation?: number },
): Buffer {
  const alpha = channels % 2 === 0
  const perPixel = 8 + icc.length + (icc.length % 2)
  const short = 3
  const long = 4
  const at = { bits: perPixel, directory: perPixel + channels * 2 }
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, long, 1, width],
    [257, long, 1, height],
    [258, short, channels, channels > 2 ? at.bits : channels === 2 ? bits | (bits << 16) : bits],
    [259, short, 1, 1],
    [262, short, 1, channels > 2 ? 2 : 1],
    [273, long, 1, 0],
    [274, short, 1, orientation],
    [277, short, 1, channels],
    [278, long, 1, height],
    [279, long, 1, data.length],
    ...(alpha ? [[338, short, 1, 2] as [number, number, number, number]] : []),
    ...(icc.length > 0 ? [[34675, 7, icc.length, 8] as [number, number, number, number]] : []),
  ]
  const pixelsAt = at.directory + 2 + entries.length * 12 + 4
  const head = Buffer.alloc(pixelsAt)
  head.write('II*\0', 0, 'latin1')
  head.writeUInt32LE(at.directory, 4)
  icc.copy(head, 8)
  for (let c = 0; c < channels; c++) head.writeUInt16LE(bits, at.bits + c * 2)
  head.writeUInt16LE(entries.length, at.directory)
  entries.forEach(([tag, type, count, value], i) => {
    const entry = at.directory + 2 + i * 12
    head.writeUInt16LE(tag, entry)
    head.writeUInt16LE(type, entry + 2)
    head.writeUInt32LE(count, entry + 4)
    head.writeUInt32LE(tag === 273 ? pixelsAt : value, entry + 8)
  })
  return Buffer.concat([head, data])
}
