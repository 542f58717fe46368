/** Rows from one place to another, the last one included; none where `to` is smaller. */
export interface RowRange {
  readonly from: number
  readonly to: number
}

/** A row, or the empty space that stands for rows that are not drawn. */
export type RowPiece =
  | { readonly kind: 'row'; readonly index: number }
  | { readonly kind: 'space'; readonly key: string; readonly px: number }

/** Heights of the rows of a column in px, by their keys: measured ones, and `estimate` for those that never were. */
export class RowHeights {
  private readonly measured = new Map<string, number>()
  private readonly estimate: number

  constructor(estimate: number) {
    this.estimate = estimate
  }

  /** Whether that is another height than was known. */
  set(key: string, px: number): boolean {
    if (this.measured.get(key) === px) return false
    this.measured.set(key, px)
    return true
  }

  of(key: string): number {
    return this.measured.get(key) ?? this.estimate
  }

  /** Height of the rows from `from` until before `to`. */
  sum(keys: readonly string[], from: number, to: number): number {
    let px = 0
    for (let index = from; index < to; index++) px += this.of(keys[index]!)
    return px
  }

  /** The rows that reach into the stretch of the column between two places. */
  between(keys: readonly string[], top: number, bottom: number): RowRange {
    let [px, from, index] = [0, -1, 0]
    for (; index < keys.length && px < bottom; index++) {
      px += this.of(keys[index]!)
      if (from < 0 && px > top) from = index
    }
    return { from: from < 0 ? Math.max(0, index - 1) : from, to: index - 1 }
  }
}

/** What is drawn of a column in its order: the rows of a range and those of `kept`, and space for all others. */
export function rowPieces(
  keys: readonly string[],
  range: RowRange,
  kept: readonly string[],
  heights: RowHeights,
): RowPiece[] {
  const others = kept
    .map((key) => keys.indexOf(key))
    .filter((index) => index >= 0 && (index < range.from || index > range.to))
  const inRange = Array.from({ length: Math.max(0, range.to - range.from + 1) }, (_, n) => range.from + n)
  const shown = [...new Set([...others, ...inRange])].sort((a, b) => a - b)
  const pieces: RowPiece[] = []
  let next = 0
  const skipTo = (index: number): void => {
    if (index > next)
      pieces.push({ kind: 'space', key: `until ${keys[index] ?? 'the end'}`, px: heights.sum(keys, next, index) })
  }
  for (const index of shown) {
    skipTo(index)
    pieces.push({ kind: 'row', index })
    next = index + 1
  }
  skipTo(keys.length)
  return pieces
}
