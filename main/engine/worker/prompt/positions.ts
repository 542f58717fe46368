import { gridTokens, sliceOffset } from '../../../lib/families/grid.ts'
import type { Grid } from '../../../lib/families/grid.ts'

/** A unit of a prompt: one text token, or one picture or video as a whole. */
export type Unit = { readonly token: number } | { readonly media: string; readonly grid: Grid }

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
