/** Sizes of a grid of tiles, in pixels: the gap between them, the least width of one, and the height of a row with its gap. */
export interface TileSizes {
  readonly gap: number
  readonly least: number
  readonly row: number
}

/** How many tiles lie beside each other in so much width; two at least. */
export const columnsIn = (width: number, { gap, least }: TileSizes): number =>
  Math.max(2, Math.floor((width + gap) / (least + gap)))

/** The rows that are drawn, from `first` to before `end`: those in sight and one beyond each edge. */
export function rowsInSight(
  top: number,
  height: number,
  rows: number,
  { row }: TileSizes,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.floor(top / row) - 1)
  return { first: Math.min(first, rows), end: Math.min(rows, Math.ceil((top + height) / row) + 1) }
}

/** Where a key takes the tile that has the focus, counted from 1; null: it does nothing here. */
export function tileAfter(key: string, tile: number, count: number, columns: number): number | null {
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
  return step === undefined ? null : Math.max(1, Math.min(count, tile + step))
}

/** Where a tile lies in its grid, counted from 0, as the styles of an element that is placed in it. */
export const placeOfTile = (
  index: number,
  columns: number,
  { gap, row }: TileSizes,
): { readonly top: number; readonly left: string; readonly width: string } => ({
  top: Math.floor(index / columns) * row,
  left: `calc((100% + ${gap}px) / ${columns} * ${index % columns})`,
  width: `calc((100% + ${gap}px) / ${columns} - ${gap}px)`,
})

/** How far an element has to be scrolled so that the row of a tile, counted from 1, is in sight. */
export function scrollToTile(
  tile: number,
  columns: number,
  box: Pick<HTMLElement, 'scrollTop' | 'clientHeight'>,
  { row }: TileSizes,
): void {
  const top = Math.floor((tile - 1) / columns) * row
  if (top < box.scrollTop) box.scrollTop = top
  else if (top + row > box.scrollTop + box.clientHeight) box.scrollTop = top + row - box.clientHeight
}
