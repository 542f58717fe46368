import type { PictureMark } from '#contract'

/** A picture that can be looked at. `width` and `height` in pixels; `marks`: what was drawn on it. */
export interface ViewedPicture {
  readonly url: string
  readonly name: string
  readonly width: number
  readonly height: number
  readonly marks?: readonly PictureMark[]
}

/** The view of a picture: `scale` in screen pixels per picture pixel, `x` and `y` as px off the centre. */
export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

const MAX_SCALE = 16

/** The scale at which the whole picture is seen; small pictures are shown up to twice their size. */
export const fitScale = (picture: { width: number; height: number }, box: { width: number; height: number }): number =>
  Math.min(2, box.width / picture.width, box.height / picture.height)

/** `view` enlarged by `factor` so that the picture's point under the pointer (px off the centre) stays under it. */
export function zoomAt(view: View, factor: number, pointer: { x: number; y: number }, smallest: number): View {
  const scale = Math.min(MAX_SCALE, Math.max(Math.min(smallest, 1), view.scale * factor))
  const grown = scale / view.scale
  return { scale, x: pointer.x - (pointer.x - view.x) * grown, y: pointer.y - (pointer.y - view.y) * grown }
}
