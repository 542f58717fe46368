import { t } from '@lingui/core/macro'
import { MAX_MARKS } from '#contract'
import type { Attachment, PictureMark } from '#contract'

/**
 * A picture that can be looked at. `width` and `height` in pixels; `marks`: what was drawn on it; `sentMarks`: what was drawn on it
 * before it was sent, which is only shown; `number`: what it is called by among others.
 */
export interface ViewedPicture {
  readonly url: string
  readonly name: string
  readonly width: number
  readonly height: number
  readonly marks?: readonly PictureMark[]
  readonly sentMarks?: readonly PictureMark[]
  readonly number?: number | null
  /** Of a page with a text layer: the SHA-256 of its picture, by which that is found. */
  readonly textOf?: string
}

/** Where the text layer of a stored picture is found; nothing for one without. */
export const textOf = (attachment: Attachment): Pick<ViewedPicture, 'textOf'> =>
  attachment.kind === 'image' && attachment.page?.text ? { textOf: attachment.sha } : {}

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

/** A place on a picture in shares of its width and height. */
export interface Place {
  readonly x: number
  readonly y: number
}

/** The tool in use: it moves the picture, or draws boxes or points. */
export type Tool = 'move' | 'box' | 'point'

/** A box is at least this share of the picture in width and height. */
const LEAST = 0.005

const clamp = (value: number, most = 1): number => Math.min(most, Math.max(0, value))
const kinds = { box: t`Box`, point: t`Point` } as const

/** The name of the next mark of its kind: "Box 2". */
export function nextLabel(marks: readonly PictureMark[], type: PictureMark['type']): string {
  const taken = new Set(marks.map(({ label }) => label))
  for (let number = 1; ; number++) if (!taken.has(`${kinds[type]} ${number}`)) return `${kinds[type]} ${number}`
}

/** The box between two places, inside the picture; null when it is too small to be one. */
export function boxBetween(from: Place, to: Place): { x1: number; y1: number; x2: number; y2: number } | null {
  const [x1, x2] = [clamp(Math.min(from.x, to.x)), clamp(Math.max(from.x, to.x))]
  const [y1, y2] = [clamp(Math.min(from.y, to.y)), clamp(Math.max(from.y, to.y))]
  return x2 - x1 < LEAST || y2 - y1 < LEAST ? null : { x1, y1, x2, y2 }
}

/** The marks with one more, named apart from them and from `others`; unchanged when there are as many as a picture takes. */
export function addMark(
  marks: readonly PictureMark[],
  shape: { x1: number; y1: number; x2: number; y2: number } | Place,
  others: readonly PictureMark[] = [],
): readonly PictureMark[] {
  if (marks.length >= MAX_MARKS) return marks
  const named = [...others, ...marks]
  return 'x1' in shape
    ? [...marks, { type: 'box', ...shape, label: nextLabel(named, 'box') }]
    : [...marks, { type: 'point', x: clamp(shape.x), y: clamp(shape.y), label: nextLabel(named, 'point') }]
}

/** A box in the middle of the picture, or a point there. */
export const inTheMiddle = (type: PictureMark['type']): { x1: number; y1: number; x2: number; y2: number } | Place =>
  type === 'box' ? { x1: 0.375, y1: 0.375, x2: 0.625, y2: 0.625 } : { x: 0.5, y: 0.5 }

/** A mark moved by shares of the picture, with its size kept; it stays inside. */
export function moved(mark: PictureMark, by: Place): PictureMark {
  if (mark.type === 'point') return { ...mark, x: clamp(mark.x + by.x), y: clamp(mark.y + by.y) }
  const [width, height] = [mark.x2 - mark.x1, mark.y2 - mark.y1]
  const [x1, y1] = [clamp(mark.x1 + by.x, 1 - width), clamp(mark.y1 + by.y, 1 - height)]
  return { ...mark, x1, y1, x2: clamp(x1 + width), y2: clamp(y1 + height) }
}

/** A box with its lower right corner moved; a point is moved itself. */
export function resized(mark: PictureMark, by: Place): PictureMark {
  if (mark.type === 'point') return moved(mark, by)
  return {
    ...mark,
    x2: clamp(Math.max(mark.x1 + LEAST, mark.x2 + by.x)),
    y2: clamp(Math.max(mark.y1 + LEAST, mark.y2 + by.y)),
  }
}
