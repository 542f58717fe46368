import type { RgbPicture } from '../picture/resize.ts'

/** More than the longest header, that of a PAM file with two numbers of five digits. */
const MAX_HEADER = 80
const PPM = /^P6\s(\d{1,5})\s(\d{1,5})\s(255|65535)\s/
const PAM = /^P7\nWIDTH (\d{1,5})\nHEIGHT (\d{1,5})\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n/
/** What one picture may have, in pixels: frames are made smaller before. */
const MAX_PIXELS = 1 << 24

/**
 * The pictures of a stream of binary PPM files one after the other; a picture that is cut off at the end is left out. Those
 * of 16 bits have two bytes for each value, the big end first. PAM files of 8 bits are taken too: four bytes for each pixel,
 * the last how opaque it is. Throws for anything else.
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
        const start = Buffer.from(head.subarray(0, MAX_HEADER)).toString('latin1')
        const header = PPM.exec(start) ?? PAM.exec(start)
        if (!header && head.length >= MAX_HEADER) throw new Error('The stream holds no pictures.')
        if (!header) break
        picture = empty(Number(header[1]), Number(header[2]), header[3] === '255' ? 3 : header[3] ? 6 : 4)
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

function empty(width: number, height: number, bytesPerPixel: number): RgbPicture {
  const pixels = width * height
  if (pixels === 0 || pixels > MAX_PIXELS) throw new Error(`A picture of ${width} x ${height} pixels is out of bounds.`)
  return { width, height, data: new Uint8Array(pixels * bytesPerPixel) }
}
