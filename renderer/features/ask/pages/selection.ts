/** Pages that are chosen, rising. */
export type Selection = readonly number[]

/** The selection with a page added, or taken out of it. */
export const toggled = (selection: Selection, page: number): Selection =>
  selection.includes(page)
    ? selection.filter((one) => one !== page)
    : [...selection, page].sort((one, other) => one - other)

/** The selection with all pages between two, in either order. */
export function extended(selection: Selection, from: number, to: number): Selection {
  const [first, last] = [Math.min(from, to), Math.max(from, to)]
  const between = Array.from({ length: last - first + 1 }, (_, i) => first + i)
  return [...new Set([...selection, ...between])].sort((one, other) => one - other)
}

/** Sizes of the grid of pages, in pixels. */
export const grid = { gap: 12, least: 104, picture: 136, row: 136 + 26 + 12 } as const

/** How many pages lie beside each other in so much width. */
export const columnsIn = (width: number): number =>
  Math.max(2, Math.floor((width + grid.gap) / (grid.least + grid.gap)))

/** The rows that are drawn, from `first` to before `end`: those in sight and one beyond each edge. */
export function rowsInSight(
  top: number,
  height: number,
  rows: number,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.floor(top / grid.row) - 1)
  return { first: Math.min(first, rows), end: Math.min(rows, Math.ceil((top + height) / grid.row) + 1) }
}

/** Where a key takes the page that has the focus; null: it does nothing here. */
export function pageAfter(key: string, page: number, count: number, columns: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -columns,
    ArrowDown: columns,
    PageUp: -3 * columns,
    PageDown: 3 * columns,
    Home: -count,
    End: count,
  }
  const step = steps[key]
  return step === undefined ? null : Math.max(1, Math.min(count, page + step))
}
