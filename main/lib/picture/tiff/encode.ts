const SHORT = 3
const LONG = 4
const RATIONAL = 5
const DENOMINATOR = 10_000

/** A tag and its values; numbers above 65,535 are written as 32 bits, such with a fraction as ten-thousandths. */
export type TagValue = readonly [tag: number, values: readonly number[] | Uint8Array]

/** A page to be written: its tags without those that say where its blocks stand, which follow each other in order. */
export interface EncodedPage {
  readonly tags: readonly TagValue[]
  readonly blockLengths: readonly number[]
  /** Blocks are tiles, not strips. */
  readonly tiled?: boolean
}

/** The bytes of a little-endian TIFF before its blocks, which then follow, those of one page after those of another. */
export function tiffHead(pages: readonly EncodedPage[]): Buffer {
  const whole = pages.map(({ tags, blockLengths, tiled }) => {
    const places: TagValue[] = [
      [tiled ? 324 : 273, blockLengths.map(() => 0x7fffffff)],
      [tiled ? 325 : 279, blockLengths.map((length) => Math.max(length, 0x10000))],
    ]
    return { tags: [...tags, ...places].sort(([a], [b]) => a - b), blockLengths, tiled }
  })
  const sizes = whole.map(
    ({ tags }) => 2 + 12 * tags.length + 4 + tags.reduce((sum, [, values]) => sum + outside(values), 0),
  )
  const head = Buffer.alloc(8 + sizes.reduce((sum, size) => sum + size, 0))
  head.write('II*\0', 'latin1')
  let at = 8
  let block = head.length
  head.writeUInt32LE(at, 4)
  whole.forEach(({ tags, blockLengths, tiled }, n) => {
    const offsets = blockLengths.map((length) => (block += length) - length)
    const values = (tag: number, given: TagValue[1]) =>
      tag === (tiled ? 324 : 273) ? offsets : tag === (tiled ? 325 : 279) ? blockLengths : given
    head.writeUInt16LE(tags.length, at)
    let free = at + 2 + 12 * tags.length + 4
    tags.forEach(([tag, given], entry) => {
      const bytes = encoded(given, values(tag, given))
      const from = at + 2 + 12 * entry
      head.writeUInt16LE(tag, from)
      head.writeUInt16LE(bytes.type, from + 2)
      head.writeUInt32LE(given.length, from + 4)
      if (bytes.data.length <= 4) bytes.data.copy(head, from + 8)
      else {
        head.writeUInt32LE(free, from + 8)
        bytes.data.copy(head, free)
        free += even(bytes.data.length)
      }
    })
    at += sizes[n]!
    if (n + 1 < whole.length) head.writeUInt32LE(at, at - sizes[n]! + 2 + 12 * tags.length)
  })
  return head
}

const even = (length: number): number => length + (length % 2)

/** Bytes that a value takes outside of its entry. */
function outside(values: TagValue[1]): number {
  const { length } = encoded(values, values).data
  return length <= 4 ? 0 : even(length)
}

/** `given` decides the width, so that offsets may be put in later. */
function encoded(given: TagValue[1], values: TagValue[1]): { type: number; data: Buffer } {
  if (given instanceof Uint8Array) return { type: 7, data: Buffer.from(given) }
  if (given.some((value) => !Number.isInteger(value))) {
    const data = Buffer.alloc(values.length * 8)
    values.forEach((value, n) =>
      data.writeUInt32LE(DENOMINATOR, data.writeUInt32LE(Math.round(value * DENOMINATOR), n * 8)),
    )
    return { type: RATIONAL, data }
  }
  const long = given.some((value) => value > 0xffff)
  const data = Buffer.alloc(values.length * (long ? 4 : 2))
  values.forEach((value, n) => (long ? data.writeUInt32LE(value, n * 4) : data.writeUInt16LE(value, n * 2)))
  return { type: long ? LONG : SHORT, data }
}
