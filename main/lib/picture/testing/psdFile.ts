/** A Photoshop file without layers; its size is that of the drawing unless told. */
export interface PsdSpec {
  readonly mode?: number
  readonly bits?: number
  /** The samples of each channel, as they are stored. */
  readonly planes: readonly Buffer[]
  readonly modeData?: Buffer
  readonly resources?: Buffer
  readonly packed?: boolean
  readonly large?: boolean
  readonly size?: readonly [number, number]
}

/** A Photoshop file without layers. */
export function psd({
  mode = 3,
  bits = 8,
  planes,
  modeData,
  resources,
  packed,
  large,
  size = [64, 48],
}: PsdSpec): Buffer {
  const head = Buffer.alloc(26)
  head.write('8BPS', 'latin1')
  head.writeUInt16BE(large ? 2 : 1, 4)
  head.writeUInt16BE(planes.length, 12)
  head.writeUInt32BE(size[1], 14)
  head.writeUInt32BE(size[0], 18)
  head.writeUInt16BE(bits, 22)
  head.writeUInt16BE(mode, 24)
  const section = (content: Buffer = Buffer.alloc(0), bytes = 4) => {
    const length = Buffer.alloc(bytes)
    length.writeUInt32BE(content.length, bytes - 4)
    return Buffer.concat([length, content])
  }
  return Buffer.concat([
    head,
    section(modeData),
    section(resources),
    section(undefined, large ? 8 : 4),
    packed ? packBits(planes, size[1], large ? 4 : 2) : Buffer.concat([Buffer.from([0, 0]), ...planes]),
  ])
}

/** Rows of single runs, which the drawing consists of: two bytes for up to 128 of one value. */
function packBits(planes: readonly Buffer[], height: number, countBytes: number): Buffer {
  const rows = planes.flatMap((plane) =>
    Array.from({ length: height }, (_, y) =>
      plane.subarray((y * plane.length) / height, ((y + 1) * plane.length) / height),
    ),
  )
  const packed = rows.map((row) => {
    const out: number[] = []
    for (let from = 0; from < row.length; ) {
      let to = from + 1
      while (to < row.length && row[to] === row[from]) to++
      out.push(257 - (to - from), row[from]!)
      from = to
    }
    return Buffer.from(out)
  })
  const counts = Buffer.alloc(rows.length * countBytes)
  packed.forEach(({ length }, n) => counts.writeUIntBE(length, n * countBytes, countBytes))
  return Buffer.concat([Buffer.from([0, 1]), counts, ...packed])
}

/** An image resource. */
export function resource(id: number, content: Buffer): Buffer {
  const head = Buffer.alloc(12)
  head.write('8BIM', 'latin1')
  head.writeUInt16BE(id, 4)
  head.writeUInt32BE(content.length, 8)
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)])
}
