import type { CoordinateSpace, PictureMark } from '#contract'
import type { TokenOrder } from '../vision/patches.ts'

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** What the worker computes and writes differently for each family. What can be said in numbers is in `lib/families`. */
export interface FamilyCode {
  /** In which order the tower sees the tokens of a picture, and which of them see one another. Both in tokens. */
  order(rows: number, columns: number): TokenOrder
  /**
   * What was drawn on a picture, as the models were taught to read it, and a line's end, in `units`; `plain`: how a text of
   * the user is written among tokens.
   */
  marks(marks: readonly PictureMark[], units: Units, plain: (text: string) => string): string
  /** What the models count in. */
  readonly space: CoordinateSpace
}

/** What the sides of a picture count; `areShares`: they are 1, and places on it have four decimals. */
export interface Units extends PictureSize {
  readonly areShares?: boolean
}

/** The units of a space but for `bins`, on a picture of which the model gets `size`. */
export function unitsOf(space: Exclude<CoordinateSpace, 'bins'>, size: PictureSize): Units {
  if (space === 'shares') return { width: 1, height: 1, areShares: true }
  return space === 'pixels' ? size : { width: 1000, height: 1000 }
}

/** The corners of a box, left top first, or the point, in units; of whole ones the last is inside. */
export function cornersOf(mark: PictureMark, { width, height, areShares }: Units): [number, number][] {
  const whole = (share: number, side: number) => Math.min(side - 1, Math.round(share * side))
  return cornersBy(mark, (x, y) =>
    areShares ? [Number(x.toFixed(4)), Number(y.toFixed(4))] : [whole(x, width), whole(y, height)],
  )
}

function cornersBy(mark: PictureMark, at: (x: number, y: number) => [number, number]): [number, number][] {
  if (mark.type === 'point') return [at(mark.x, mark.y)]
  return [
    at(Math.min(mark.x1, mark.x2), Math.min(mark.y1, mark.y2)),
    at(Math.max(mark.x1, mark.x2), Math.max(mark.y1, mark.y2)),
  ]
}

/** Boxes and points as JSON, in units, and a line's end. */
export function marksAsJson(marks: readonly PictureMark[], units: Units): string {
  const written = marks.map((mark) => {
    const key = mark.type === 'box' ? 'bbox_2d' : 'point_2d'
    const label = mark.label === '' ? '' : `, "label": ${JSON.stringify(mark.label)}`
    return `{"${key}": [${cornersOf(mark, units).flat().join(', ')}]${label}}`
  })
  return `[${written.join(', ')}]\n`
}

/**
 * Boxes and points in the coordinate tokens of Rex-Omni, and a line's end. A share of a side is cut down to its bin, of which
 * the last is the edge (its repository, `app.py`).
 */
export function marksAsBins(marks: readonly PictureMark[], plain: (text: string) => string): string {
  const bin = (share: number) => Math.floor(Math.min(1, Math.max(0, share)) * 999)
  const written = marks.map((mark) => {
    const name = mark.label === '' ? '' : `<|object_ref_start|>${plain(mark.label)}<|object_ref_end|>`
    const corners = cornersBy(mark, (x, y) => [bin(x), bin(y)])
    const tokens = corners.flat().map((value) => `<${value}>`)
    return `${name}<|box_start|>${tokens.join('')}<|box_end|>`
  })
  return `${written.join(', ')}\n`
}
