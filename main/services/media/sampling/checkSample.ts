import { AppError } from '#contract'
import type { FrameSample, VideoAttachment } from '#contract'

/** Pixels of all frames of a set together: more than any plan gives, whose sides are rounded up to whole tokens. */
const MAX_PIXELS = 768 * 768 * 784 * 1.6

/** Whether a sample can be one of this video. Throws InvalidInput. */
export function checkSample(
  { indices, width, height }: FrameSample,
  video: Pick<VideoAttachment, 'name' | 'frames'>,
): void {
  const refuse = (why: string) =>
    new AppError('InvalidInput', `These frames are none of ${video.name}: ${why}. Add the video again.`)
  if (indices.some((index, n) => n > 0 && index < indices[n - 1]!)) throw refuse('they are not in order')
  if (indices.at(-1)! >= video.frames) throw refuse(`it has ${video.frames} frames`)
  const { length } = indices
  if (length * width * height > MAX_PIXELS) throw refuse(`${length} frames of ${width} x ${height} pixels are too many`)
}
