import { AppError, TOKEN_SIDE, say } from '#contract'
import type { PictureBudget, Size } from '#contract'

const MAX_RATIO = 200

/** Rounds to the nearest integer, halves to the even one, as Python's `round` does. */
export function roundHalfToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1
  return floor % 2 === 0 ? floor : floor + 1
}

/**
 * Throws UnsupportedMedia when one side is more than 200 times the other, which no model of the family takes; `name` is what
 * the message calls the picture.
 */
export function checkRatio({ width, height }: Size, name: string): void {
  if (Math.max(width, height) / Math.min(width, height) <= MAX_RATIO) return
  throw new AppError(
    'UnsupportedMedia',
    say`${name} is ${width} x ${height} pixels; one side may be at most ${MAX_RATIO} times the other. Crop it and try again.`,
    { width, height, maxRatio: MAX_RATIO },
  )
}

/**
 * The size at which a model of the Qwen2-VL family sees a picture: both sides multiples of `factor`, the area within
 * the budget, the ratio kept as well as that allows. The rule is `smart_resize` of the Hugging Face implementation.
 * Throws as `checkRatio`.
 */
export function smartResize(size: Size, budget: PictureBudget, name = 'The picture', factor = TOKEN_SIDE): Size {
  return fitBudget(size, { frames: 1, counted: 1 }, budget, name, factor)
}

/**
 * The size at which Qwen3-VL sees the `frames` frames of a video: as `smartResize`, with the area of all frames together
 * within the budget, of which whole pairs are counted. The rule is `smart_resize` of the video processor in the Hugging
 * Face implementation, which refuses frames smaller than a token. Throws as `checkRatio`.
 */
export function smartResizeVideo(
  size: Size,
  frames: number,
  budget: PictureBudget,
  name: string,
  factor: number,
): Size {
  const least = { width: Math.max(factor, size.width), height: Math.max(factor, size.height) }
  return fitBudget(least, { frames, counted: Math.ceil(frames / 2) * 2 }, budget, name, factor)
}

/** `counted`: frames whose area has to be within the budget; `frames`: those by which it is made so. */
function fitBudget(
  size: Size,
  { frames, counted }: { readonly frames: number; readonly counted: number },
  { minPixels, maxPixels }: PictureBudget,
  name: string,
  factor: number,
): Size {
  const { width, height } = size
  checkRatio(size, name)
  const rounded = { width: roundHalfToEven(width / factor) * factor, height: roundHalfToEven(height / factor) * factor }
  const area = counted * rounded.width * rounded.height
  if (area > maxPixels) {
    const shrink = Math.sqrt((frames * height * width) / maxPixels)
    const fit = (side: number) => Math.max(factor, Math.floor(side / shrink / factor) * factor)
    return { width: fit(width), height: fit(height) }
  }
  if (area < minPixels) {
    const enlarge = Math.sqrt(minPixels / (frames * height * width))
    const fit = (side: number) => Math.ceil((side * enlarge) / factor) * factor
    return { width: fit(width), height: fit(height) }
  }
  return rounded
}
