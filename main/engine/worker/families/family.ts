import type { PictureMark } from '#contract'
import type { Pointer } from '../native/ffi.ts'
import type { Ggml } from '../native/ggml.ts'
import type { TokenOrder } from '../vision/patches.ts'

/** The graph of a vision tower while it is built. */
export interface TowerGraph {
  readonly ggml: Ggml
  readonly context: Pointer
  /** Of the tower's norms. */
  readonly eps: number
  /** A weight by name; null when the file has none of that name. */
  weight(name: string): Pointer
  /** The product of `x` with the matrix of that name, and its bias where it has one. */
  linear(x: Pointer, name: string): Pointer
}

/** Width and height in pixels. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}

/** What the worker computes and writes differently for each family. What can be said in numbers is in `lib/families`. */
export interface FamilyCode {
  /** In which order the tower sees the tokens of a picture, and which of them see one another. Both in tokens. */
  order(rows: number, columns: number): TokenOrder
  /** The norm of that name. */
  normalise(graph: TowerGraph, x: Pointer, name: string): Pointer
  /** The feed-forward part of a block, `v.blk.N`. */
  feedForward(graph: TowerGraph, x: Pointer, block: string): Pointer
  /**
   * What was drawn on a picture, as the models were taught to read it, and a line's end. `size`: of the picture as the
   * model gets it; `plain`: how a text of the user is written among tokens.
   */
  marks(marks: readonly PictureMark[], size: PictureSize, plain: (text: string) => string): string
}

/** The corners of a box, left top first, or the point, in whole units of `width` and `height`; the last one is inside. */
export function cornersOf(mark: PictureMark, { width, height }: PictureSize): [number, number][] {
  const at = (x: number, y: number): [number, number] => [
    Math.min(width - 1, Math.round(x * width)),
    Math.min(height - 1, Math.round(y * height)),
  ]
  if (mark.type === 'point') return [at(mark.x, mark.y)]
  return [
    at(Math.min(mark.x1, mark.x2), Math.min(mark.y1, mark.y2)),
    at(Math.max(mark.x1, mark.x2), Math.max(mark.y1, mark.y2)),
  ]
}

/** Boxes and points as JSON, in units of which the picture has `size`, and a line's end. */
export function marksAsJson(marks: readonly PictureMark[], size: PictureSize): string {
  const written = marks.map((mark) => {
    const key = mark.type === 'box' ? 'bbox_2d' : 'point_2d'
    const label = mark.label === '' ? '' : `, "label": ${JSON.stringify(mark.label)}`
    return `{"${key}": [${cornersOf(mark, size).flat().join(', ')}]${label}}`
  })
  return `[${written.join(', ')}]\n`
}

/** A layer norm with its bias. */
export function layerNorm({ ggml, context, eps, weight }: TowerGraph, x: Pointer, name: string): Pointer {
  const scaled = ggml.mul(context, ggml.norm(context, x, eps), weight(`${name}.weight`))
  return ggml.add(context, scaled, weight(`${name}.bias`))
}
