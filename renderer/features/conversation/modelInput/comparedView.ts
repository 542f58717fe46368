import type { ModelInput, Size } from '#contract'

/**
 * How two pictures of one thing are looked at together, whatever their sizes: `scale` times as large as fitted, with their
 * middles so far off the middle of their areas, in shares of their shown sides.
 */
export interface ComparedView {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** All of both. */
export const FITTED: ComparedView = { scale: 1, x: 0, y: 0 }

/** A place in px off the middle of an area, or in cells of a grid. */
interface Place {
  readonly x: number
  readonly y: number
}

/** A cell of the grid of tokens, counted from 0. */
export interface Cell {
  readonly row: number
  readonly column: number
}

/** Room that is left around a fitted picture, in px. */
const MARGIN = 16
/** A pixel of the model's input becomes no larger than this, in px. */
const MOST_PIXEL = 24

/** The sides in px in which a picture fits its area. */
export function fittedSize(picture: Size, area: Size): Size {
  const scale = Math.min((area.width - 2 * MARGIN) / picture.width, (area.height - 2 * MARGIN) / picture.height)
  return { width: Math.max(1, picture.width * scale), height: Math.max(1, picture.height * scale) }
}

/** Whether two such pictures stand side by side in an area, where they are nearly as large as one over the other. */
export function standBeside(picture: Size, { width, height }: Size): boolean {
  const beside = fittedSize(picture, { width: width / 2, height }).width
  return beside * 1.15 >= fittedSize(picture, { width, height: height / 2 }).width
}

/** How far the view of an input may be enlarged that is `fitted` in so many px. */
export const mostScale = (input: Size, fitted: Size): number =>
  Math.max(1, (MOST_PIXEL * input.width) / Math.max(1, fitted.width))

/** Where a picture lies in its area, in px from its left top corner. */
export function placed(fitted: Size, area: Size, view: ComparedView): Size & { left: number; top: number } {
  const [width, height] = [fitted.width * view.scale, fitted.height * view.scale]
  return {
    width,
    height,
    left: (area.width - width) / 2 + view.x * width,
    top: (area.height - height) / 2 + view.y * height,
  }
}

/** No part of the pictures' middles leaves the areas for good: at most half a side of what is not seen of them. */
function within({ scale, x, y }: ComparedView): ComparedView {
  const most = Math.max(0, (1 - 1 / scale) / 2) + 0.1
  const limited = (value: number): number => Math.min(most, Math.max(-most, value))
  return scale <= 1 ? FITTED : { scale, x: limited(x), y: limited(y) }
}

/** The view `factor` times as large, with what is under the pointer, in px off the middle, staying there. */
export function zoomed(view: ComparedView, factor: number, at: Place, fitted: Size, most: number): ComparedView {
  const scale = Math.min(most, Math.max(1, view.scale * factor))
  const kept = (middle: number, off: number, side: number): number =>
    middle + off / (side * scale) - off / (side * view.scale)
  return within({ scale, x: kept(view.x, at.x, fitted.width), y: kept(view.y, at.y, fitted.height) })
}

/** The view moved by so many px. */
export const panned = (view: ComparedView, by: Place, fitted: Size): ComparedView =>
  within({
    scale: view.scale,
    x: view.x + by.x / (fitted.width * view.scale),
    y: view.y + by.y / (fitted.height * view.scale),
  })

/** The cell at a place in shares of the picture's sides; null: beside the picture. */
export function cellAt(x: number, y: number, { rows, columns }: ModelInput['grid']): Cell | null {
  if (x < 0 || y < 0 || x >= 1 || y >= 1) return null
  return { row: Math.floor(y * rows), column: Math.floor(x * columns) }
}

/** The next cell in a direction; from none the one in the middle. It stays on the grid. */
export function stepped(cell: Cell | null, by: Place, { rows, columns }: ModelInput['grid']): Cell {
  if (!cell) return { row: Math.floor(rows / 2), column: Math.floor(columns / 2) }
  const limited = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value))
  return { row: limited(cell.row + by.y, rows), column: limited(cell.column + by.x, columns) }
}

/** The view moved as little as it takes for a cell to be seen. */
export function revealing(view: ComparedView, cell: Cell, { rows, columns }: ModelInput['grid']): ComparedView {
  const half = 1 / view.scale / 2
  const shifted = (middle: number, at: number, count: number): number => {
    const [from, to] = [at / count - 0.5, (at + 1) / count - 0.5]
    if (from + middle < -half) return -half - from
    return to + middle > half ? half - to : middle
  }
  return within({
    scale: view.scale,
    x: shifted(view.x, cell.column, columns),
    y: shifted(view.y, cell.row, rows),
  })
}
