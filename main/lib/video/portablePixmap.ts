import type { RgbPicture } from '../picture/resize.ts'

/** The longest header: `P6`, two numbers of five digits, `65535`, and white space. */
const MAX_HEADER = 64
const HEADER = /^P6\s(\d{1,5})\s(\d{1,5})\s(255|65535)\s/
/** What one picture may have, in pixels: frames are made smaller before. */
const MAX_PIXELS = 1 << 24

/**
 * The pictures of a stream of binary PPM files one after the other; a picture that is cut off at the end is left out. Those
 * of 16 bits have two bytes for each value, the big end first. Throws for anything else.
 */
export async function* pictures(stream: AsyncIterable<Uint8Array>): AsyncGenerator<RgbPicture> {
  let head: Uint8Array = new Uint8Array()
  let picture: RgbPicture | null = null
  let filled = 0
  for await (const chunk of stream) {
    let rest = chunk
    while (rest.length > 0) {
      if (!picture) {
        head = Buffer.concat([head, rest])
        const header = HEADER.exec(Buffer.from(head.subarray(0, MAX_HEADER)).toString('latin1'))
        if (!header && head.length >= MAX_HEADER) throw new Error('The stream holds no pictures.')
        if (!header) break
        picture = empty(Number(header[1]), Number(header[2]), header[3] === '255' ? 1 : 2)
        filled = 0
        rest = head.subarray(header[0].length)
        head = new Uint8Array()
      }
      const part = rest.subarray(0, picture.data.length - filled)
      picture.data.set(part, filled)
      filled += part.length
      rest = rest.subarray(part.length)
      if (filled < picture.data.length) continue
      yield picture
      picture = null
    }
  }
}

function empty(width: number, height: number, bytes: number): RgbPicture {
  const pixels = width * height
  if (pixels === 0 || pixels > MAX_PIXELS) throw new Error(`A picture of ${width} x ${height} pixels is out of bounds.`)
  return { width, height, data: new Uint8Array(pixels * 3 * bytes) }
}
