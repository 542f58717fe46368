/** What the sequence header of AV1 says of the values. */
export interface Av1Colour {
  readonly monochrome: boolean
  readonly fullRange: boolean
}

/**
 * Finds the sequence header in OBUs (AV1 specification, 5.3 to 5.5) and reads its colours; null where there is none. Never
 * throws.
 */
export function av1Colour(data: Buffer): Av1Colour | null {
  for (let at = 0; at < data.length; ) {
    const head = data[at]!
    const type = (head >> 3) & 15
    at += (head & 4) === 0 ? 1 : 2
    let length = data.length - at
    if ((head & 2) !== 0) {
      length = 0
      for (let shift = 0; shift < 35 && at < data.length; shift += 7) {
        const byte = data[at++]!
        length += (byte & 127) * 2 ** shift
        if (byte < 128) break
      }
    }
    if (type === 1) return sequenceHeader(data.subarray(at, at + length))
    at += length
  }
  return null
}

function sequenceHeader(data: Buffer): Av1Colour | null {
  let position = 0
  const bits = (count: number): number => {
    let value = 0
    for (; count > 0; count--, position++)
      value = value * 2 + (((data[position >> 3] ?? 0) >> (7 - (position & 7))) & 1)
    return value
  }
  const flag = (): boolean => bits(1) === 1
  const profile = bits(3)
  bits(1)
  const reduced = flag()
  if (reduced) bits(5)
  else operatingPoints(bits, flag)
  const [width, height] = [bits(4) + 1, bits(4) + 1]
  bits(width + height)
  if (!reduced && flag()) bits(7)
  bits(3)
  if (!reduced) codingTools(bits, flag)
  bits(3)
  const high = flag()
  if (profile === 2 && high) bits(1)
  const monochrome = profile !== 1 && flag()
  const [primaries, transfer, matrix] = flag() ? [bits(8), bits(8), bits(8)] : [2, 2, 2]
  const fullRange = (!monochrome && primaries === 1 && transfer === 13 && matrix === 0) || flag()
  return position <= data.length * 8 ? { monochrome, fullRange } : null
}

/** Times, decoder model and operating points, of which nothing is wanted. */
function operatingPoints(bits: (count: number) => number, flag: () => boolean): void {
  let delay = 0
  if (flag()) {
    bits(64)
    if (flag()) {
      let zeros = 0
      while (zeros < 32 && !flag()) zeros++
      bits(zeros)
    }
    if (flag()) {
      delay = bits(5) + 1
      bits(42)
    }
  }
  const initialDelays = flag()
  for (let left = bits(5) + 1; left > 0; left--) {
    bits(12)
    if (bits(5) > 7) bits(1)
    if (delay > 0 && flag()) bits(delay * 2 + 1)
    if (initialDelays && flag()) bits(4)
  }
}

function codingTools(bits: (count: number) => number, flag: () => boolean): void {
  bits(4)
  const ordered = flag()
  if (ordered) bits(2)
  const screenTools = flag() ? 2 : bits(1)
  if (screenTools > 0 && !flag()) bits(1)
  if (ordered) bits(3)
}
