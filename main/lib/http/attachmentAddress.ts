import { AppError, VideoFacts } from '#contract'
import type { FrameKey, RawFrame } from '#contract'

/** A frame of a set, by its position, or the picture that stands for the video in lists. */
export interface FrameAddress {
  readonly key: FrameKey
  readonly n: number | 'poster'
}

/** Reads `frames/<key>/<n>` and `frames/<key>/poster` of an attachments' address; null for any other. */
export function frameAddress(path: string): FrameAddress | null {
  const [, key, n] = /^frames\/([0-9a-f]{64})\/(0|[1-9]\d{0,3}|poster)$/.exec(path) ?? []
  return key === undefined ? null : { key, n: n === 'poster' ? n : Number(n) }
}

/** Reads the size and format of a frame from its query. Throws InvalidInput. */
export function frameLayout(query: URLSearchParams): RawFrame {
  const side = (name: string) => Number(/^[1-9]\d{0,4}$/.exec(query.get(name) ?? '')?.[0] ?? 0)
  const [width, height] = [side('width'), side('height')]
  const format = query.get('format')
  if (width === 0 || height === 0 || (format !== 'rgb' && format !== 'rgba'))
    throw new AppError('InvalidInput', 'A frame needs its width and height in pixels, and its format: rgb or rgba.')
  return { width, height, format }
}

/** Reads what a video is from the query of its upload; undefined when that is not told. Throws InvalidInput. */
export function factsOf(query: URLSearchParams): VideoFacts | undefined {
  const told = query.get('facts')
  if (told === null) return undefined
  try {
    return VideoFacts.parse(JSON.parse(told))
  } catch (cause) {
    const message = 'What the window says of the video makes no sense. Add the video again, or convert it to MP4.'
    throw new AppError('InvalidInput', message, undefined, { cause })
  }
}
