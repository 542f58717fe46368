import type { Size } from '#contract'
import { tokenPixels } from './family.ts'
import type { VisionFacts } from './family.ts'

/** The grid of one picture or video in tokens: `times` temporal slices of `rows` x `columns`. */
export interface Grid {
  readonly times: number
  readonly rows: number
  readonly columns: number
  /** Positions between two slices, unrounded: 1 for Qwen2-VL, seconds x tokens per second for Qwen2.5-VL. */
  readonly timeStep: number
}

/** The grid of a picture, or of a video of so many frames, that is seen in `size` pixels; `timeStep` as in `Grid`. */
export function gridOf(size: Size, frames: number, timeStep: number, vision: VisionFacts): Grid {
  const token = tokenPixels(vision)
  const times = Math.ceil(frames / vision.framesPerSlice)
  return { times, rows: size.height / token, columns: size.width / token, timeStep }
}

/** The two frames of temporal slice `t` of a video of `frames` frames; the last one stands twice where it is left alone. */
export const framesOfSlice = (t: number, frames: number): readonly [number, number] => [
  Math.min(t * 2, frames - 1),
  Math.min(t * 2 + 1, frames - 1),
]

export const gridTokens = (grid: Grid): number => grid.times * grid.rows * grid.columns

/** How far temporal slice `t` is from the first, in positions; in float32, as the reference computes it. */
export const sliceOffset = ({ timeStep }: Grid, t: number): number => Math.floor(Math.fround(t * Math.fround(timeStep)))

/** Whether slice `t` has the temporal position of the one before it, as in Qwen2.5-VL above four frames per second. */
export const sharesPosition = (grid: Grid, t: number): boolean =>
  t > 0 && sliceOffset(grid, t) === sliceOffset(grid, t - 1)

/** Whether any two slices have one temporal position. */
export const isCrowded = (grid: Grid): boolean =>
  Array.from({ length: grid.times }, (_, t) => t).some((t) => sharesPosition(grid, t))

/**
 * M-RoPE positions of a media block that starts at `start`: rows t, h, w of the merged grid and a fourth row of zeros,
 * `4 x tokens`, as `llama_decode` takes them. After `get_rope_index` of transformers 4.x.
 */
export function mediaPositions(grid: Grid, start: number): Int32Array {
  const n = gridTokens(grid)
  const out = new Int32Array(4 * n)
  let i = 0
  for (let t = 0; t < grid.times; t++) {
    const time = start + sliceOffset(grid, t)
    for (let y = 0; y < grid.rows; y++)
      for (let x = 0; x < grid.columns; x++, i++) {
        out[i] = time
        out[n + i] = start + y
        out[2 * n + i] = start + x
      }
  }
  return out
}
