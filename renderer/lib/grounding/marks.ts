/** A rectangle by two corners, or a point, in one of the spaces below. */
export type Shape =
  | { readonly type: 'box'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  | { readonly type: 'point'; readonly x: number; readonly y: number }

/**
 * What an answer's numbers count. `thousandths` of the picture's width and height: Qwen2-VL. `pixels` of the picture as
 * the model got it, after its resize: Qwen2.5-VL.
 */
export type Space = 'thousandths' | 'pixels'

/** A box or a point that an answer names. */
export interface Mark {
  readonly shape: Shape
  readonly label: string
  /** Second of the video that it belongs to; null: a picture, or the whole video. */
  readonly time: number | null
  /** Where it stands in the answer's text, as UTF-16 offsets; `end` is behind its last character. */
  readonly start: number
  readonly end: number
}

/** Two corners in any order as a rectangle. */
export function box(x1: number, y1: number, x2: number, y2: number): Shape {
  return { type: 'box', x1: Math.min(x1, x2), y1: Math.min(y1, y2), x2: Math.max(x1, x2), y2: Math.max(y1, y2) }
}
