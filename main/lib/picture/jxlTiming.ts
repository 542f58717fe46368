/** Ticks of the clock of an animation per second, as a fraction. */
export interface JxlClock {
  readonly ticks: number
  readonly per: number
}

/**
 * The clock of a JPEG XL animation, from the header of its codestream (ISO/IEC 18181-1, annex A), which the decoder does not tell; null where
 * the header has none, or is cut.
 */
export function jxlClock(file: Buffer): JxlClock | null {
  try {
    const bits = bitsOf(codestream(file))
    const flag = () => bits(1) === 1
    /** One of four forms of a number, of which two bits tell. */
    const number = (...forms: readonly (readonly [least: number, bits: number])[]) => {
      const [least, count] = forms[bits(2)]!
      return least + bits(count)
    }
    const side = () => number([1, 9], [1, 13], [1, 18], [1, 30])
    const size = () => {
      const isSmall = flag()
      const length = () => (isSmall ? bits(5) : side())
      length()
      if (bits(3) === 0) length()
    }
    bits(16)
    size()
    // all as usual, or nothing beyond it
    if (flag() || !flag()) return null
    bits(3)
    if (flag()) size()
    // a preview has a size of yet another form, and nobody writes one
    if (flag() || !flag()) return null
    const ticks = number([100, 0], [1000, 0], [1, 10], [1, 30])
    return { ticks, per: number([1, 0], [1001, 0], [1, 8], [1, 10]) }
  } catch {
    return null
  }
}

/** What follows the boxes of a container, which may be left out. Throws for one without it. */
function codestream(file: Buffer): Buffer {
  if (file.readUInt16BE(0) === 0xff0a) return file
  for (let at = 0; ; ) {
    const [length, type] = [file.readUInt32BE(at), file.toString('latin1', at + 4, at + 8)]
    if (type === 'jxlc') return file.subarray(at + 8)
    // a part of it, behind its number
    if (type === 'jxlp') return file.subarray(at + 12)
    if (length < 8) throw new RangeError('no codestream')
    at += length
  }
}

/** Reads bits, the lowest of each byte first. It throws at the end. */
function bitsOf(bytes: Buffer): (count: number) => number {
  let at = 0
  return (count) => {
    let value = 0
    for (let n = 0; n < count; n++, at++) value += ((bytes.readUInt8(at >> 3) >> (at & 7)) & 1) * 2 ** n
    return value
  }
}
