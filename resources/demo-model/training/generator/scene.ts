import type { Box, Contour } from './canvas.ts'
import type { Colour } from './colours.ts'
import type { Random } from './random.ts'

export const shapeNames = ['circle', 'square', 'triangle', 'star', 'diamond', 'heart', 'cross', 'ring'] as const
export type Shape = (typeof shapeNames)[number]

type Points = readonly (readonly [number, number])[]

const around = (count: number, radius: number | ((i: number) => number)): Points =>
  Array.from({ length: count }, (_, i) => {
    const angle = (i * 2 * Math.PI) / count
    const r = typeof radius === 'number' ? radius : radius(i)
    return [Math.sin(angle) * r, -Math.cos(angle) * r]
  })

const heart: Points = Array.from({ length: 48 }, (_, i) => {
  const t = (i * 2 * Math.PI) / 48
  const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t)
  return [(16 * Math.sin(t) ** 3) / 17, -y / 16]
})

/** Proportions that differ from drawing to drawing, and the rotation in radians. */
export interface Form {
  readonly inner: number
  readonly rotation: number
}

/** The form that samples and plain drawings have. */
export const plainForm: Form = { inner: 0.5, rotation: 0 }

/** A form like those of training: proportions within their limits, rotated by at most 7 degrees. */
export function randomForm(random: Random): Form {
  return { inner: random.next(), rotation: random.range(-0.12, 0.12) }
}

const within = (share: number, from: number, to: number) => from + (to - from) * share

/** The lines of a shape in a square from -1 to 1; the first is the outer one. */
function lines(shape: Shape, inner: number): Points[] {
  switch (shape) {
    case 'circle':
      return [around(48, 1)]
    case 'ring':
      return [around(48, 1), [...around(48, within(inner, 0.48, 0.66))].reverse()]
    case 'square':
      return [
        [
          [-0.85, -0.85],
          [0.85, -0.85],
          [0.85, 0.85],
          [-0.85, 0.85],
        ],
      ]
    case 'triangle':
      return [
        [
          [0, -1],
          [0.95, 0.8],
          [-0.95, 0.8],
        ],
      ]
    case 'diamond': {
      const half = within(inner, 0.65, 0.95)
      return [
        [
          [0, -1],
          [half, 0],
          [0, 1],
          [-half, 0],
        ],
      ]
    }
    case 'star':
      return [around(10, (i) => (i % 2 === 0 ? 1 : within(inner, 0.38, 0.46)))]
    case 'cross': {
      const k = within(inner, 0.26, 0.36)
      return [
        [
          [-k, -1],
          [k, -1],
          [k, -k],
          [1, -k],
          [1, k],
          [k, k],
          [k, 1],
          [-k, 1],
          [-k, k],
          [-1, k],
          [-1, -k],
          [-k, -k],
        ],
      ]
    }
    case 'heart':
      return [heart]
  }
}

/** The contours of a shape around a centre; `radius` in pixels is half of the side of the square it stands in. */
export function shapeContours(shape: Shape, centreX: number, centreY: number, radius: number, form: Form): Contour[] {
  const rotation = shape === 'circle' || shape === 'ring' ? 0 : shape === 'diamond' ? form.rotation / 2 : form.rotation
  const [cos, sin] = [Math.cos(rotation) * radius, Math.sin(rotation) * radius]
  return lines(shape, form.inner).map((points) => {
    const out = new Float64Array(points.length * 2)
    points.forEach(([x, y], i) => {
      out[i * 2] = centreX + x * cos - y * sin
      out[i * 2 + 1] = centreY + x * sin + y * cos
    })
    return out
  })
}

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
