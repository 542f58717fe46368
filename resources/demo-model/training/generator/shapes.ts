import type { Contour } from './canvas.ts'
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
