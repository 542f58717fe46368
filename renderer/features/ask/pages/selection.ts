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
