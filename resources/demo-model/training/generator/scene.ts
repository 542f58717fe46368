import type { Box } from './canvas.ts'
import type { Colour } from './colours.ts'
import type { Form, Shape } from './shapes.ts'

/** A thing that has a name: a colour and a shape. */
export interface Thing {
  readonly colour: Colour
  readonly shape: Shape
}

/** A thing at its place; lengths in pixels of the drawing. */
export interface Placed extends Thing {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly form: Form
}

export interface PrintedText {
  readonly text: string
  readonly colour: Colour
  readonly font: string
  /** Pixels: the font's size, where the line begins and its baseline. */
  readonly size: number
  readonly x: number
  readonly y: number
}

export type BackgroundStyle = 'plain' | 'gradient' | 'noise' | 'window'

/** What a drawing shows. `odd`: nothing that has a name. */
export interface Scene {
  readonly width: number
  readonly height: number
  readonly background: Colour
  readonly style: BackgroundStyle
  readonly objects: readonly Placed[]
  readonly text: PrintedText | null
  readonly odd: boolean
  /** Seeds what is left to chance while drawing. */
  readonly seed: string
}

/** Side relations between two things, seen from the first. */
export const sides = ['left', 'right', 'above', 'below'] as const
export type Side = (typeof sides)[number]

/** On which side of `b` the centre of `a` lies: the larger of the two distances decides. */
export function sideOf(a: Placed, b: Placed): Side {
  const [x, y] = [a.x - b.x, a.y - b.y]
  return Math.abs(x) > Math.abs(y) ? (x < 0 ? 'left' : 'right') : y < 0 ? 'above' : 'below'
}

export const sameThing = (a: Thing, b: Thing): boolean => a.colour === b.colour && a.shape === b.shape

/** Left, top, right, bottom as whole thousandths of the picture's sides, 0..999. */
export type Coordinates = readonly [number, number, number, number]

/** A box in pixels of the drawing as Qwen2-VL writes it. */
export function coordinates(box: Box, { width, height }: Pick<Scene, 'width' | 'height'>): Coordinates {
  const share = (value: number, side: number) => Math.max(0, Math.min(999, Math.floor((value / side) * 1000)))
  return [share(box.left, width), share(box.top, height), share(box.right, width), share(box.bottom, height)]
}
