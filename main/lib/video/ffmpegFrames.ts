import type { RgbPicture } from '../picture/resize.ts'
import type { ProbedTrack } from './ffprobe.ts'

/**
 * An expression of ffmpeg that is true for the frames whose `of` is one of these numbers (rising): a search by halves,
 * because ffmpeg reads no more than a hundred terms in a row and would look at each of them for every frame.
 *
 * @param of "n": a frame's number among those that are decoded; "pts": its time in ticks.
 */
export function selectFrames(numbers: readonly number[], of: 'n' | 'pts' = 'n'): string {
  if (numbers.length === 1) return `eq(${of},${numbers[0]})`
  const half = numbers.length >> 1
  return `if(lt(${of},${numbers[half]}),${selectFrames(numbers.slice(0, half), of)},${selectFrames(numbers.slice(half), of)})`
}

/** Frames that are decoded in one go. */
export interface FrameRun {
  /** Their places in the time line, rising. */
  readonly places: readonly number[]
  /** Where reading starts, in ticks: at a frame that decodes alone. null: at the file's start. */
  readonly from: number | null
}

/** What a process needs before its first frame, as pixels that it would decode in that time. */
const START_PIXELS = 40_000_000
const LEAST_FRAMES = 24

/**
 * Divides frames (places in the time line, rising) into runs: where a frame that decodes alone lies between two that are
 * wanted, and enough frames before it, reading goes on from there instead of decoding all of them.
 */
export function runsOf(
  { ticks, keys, shown }: Pick<ProbedTrack, 'ticks' | 'keys' | 'shown'>,
  places: readonly number[],
): FrameRun[] {
  if (!ticks) return [{ places, from: null }]
  const worth = Math.max(LEAST_FRAMES, START_PIXELS / (shown.width * shown.height))
  const runs: { places: number[]; from: number | null }[] = []
  let key = -1
  let reached = 0
  for (const place of places) {
    while (key + 1 < keys.length && keys[key + 1]! <= place) key++
    const start = key < 0 ? 0 : keys[key]!
    if (runs.length === 0 || start - reached > worth)
      runs.push({ places: [place], from: start - reached > worth ? ticks[start]! : null })
    else runs.at(-1)!.places.push(place)
    reached = place
  }
  return runs
}

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
