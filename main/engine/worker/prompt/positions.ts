/** The grid of one picture or video in tokens: `times` temporal slices of `rows` x `columns`. */
export interface Grid {
  readonly times: number
  readonly rows: number
  readonly columns: number
  /** Positions between two slices, unrounded: 1 for Qwen2-VL, seconds x tokens per second for Qwen2.5-VL. */
  readonly timeStep: number
}

/** A unit of a prompt: one text token, or one picture or video as a whole. */
export type Unit = { readonly token: number } | { readonly media: string; readonly grid: Grid }

export const gridTokens = (grid: Grid): number => grid.times * grid.rows * grid.columns

/** How far temporal slice `t` is from the first, in positions; in float32, as the reference computes it. */
const sliceOffset = ({ timeStep }: Grid, t: number): number => Math.floor(Math.fround(t * Math.fround(timeStep)))

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

/** How far a unit moves the position: 1 for a token, the largest of its three extents for media (max over t, h, w, plus 1). */
export function positionSpan(unit: Unit): number {
  if ('token' in unit) return 1
  const { grid } = unit
  return Math.max(sliceOffset(grid, grid.times - 1) + 1, grid.rows, grid.columns)
}

/** Tokens of a unit in the context. */
export const unitTokens = (unit: Unit): number => ('token' in unit ? 1 : gridTokens(unit.grid))

/** Whether two units put the same thing into the KV cache. */
const sameUnit = (a: Unit, b: Unit): boolean =>
  'token' in a ? 'token' in b && a.token === b.token : 'media' in b && a.media === b.media

/** How many units two prompts share from the start. */
export function commonPrefix(a: readonly Unit[], b: readonly Unit[]): number {
  const most = Math.min(a.length, b.length)
  let n = 0
  while (n < most && sameUnit(a[n]!, b[n]!)) n++
  return n
}
