import type { Size } from '#contract'
import { box, type Shape, type Space } from './findMarks.ts'

/** The two sizes between which coordinates are mapped: the picture as the user has it, and as the model got it. */
export interface Views {
  readonly original: Size
  readonly model: Size
}

/** Units per picture width and height of a space. */
function unitsOf(space: Space, { model }: Views): Size {
  return space === 'thousandths' ? { width: 1000, height: 1000 } : model
}

/** A shape of the answer in pixels of the original picture, clamped to it. The model's resize is a plain stretch. */
export function toOriginal(shape: Shape, space: Space, views: Views): Shape {
  return clamped(scaled(shape, unitsOf(space, views), views.original), views.original)
}

/** A shape in pixels of the original picture as the model counts, rounded to whole units and clamped. */
export function toModel(shape: Shape, space: Space, views: Views): Shape {
  const units = unitsOf(space, views)
  return rounded(clamped(scaled(shape, views.original, units), units))
}

/** A shape in pixels as shares of the picture, 0..1. */
export function toShares(shape: Shape, size: Size): Shape {
  return scaled(shape, size, { width: 1, height: 1 })
}

function scaled(shape: Shape, from: Size, to: Size): Shape {
  const x = (value: number) => (value / from.width) * to.width
  const y = (value: number) => (value / from.height) * to.height
  return each(shape, x, y)
}

function clamped(shape: Shape, { width, height }: Size): Shape {
  return each(
    shape,
    (x) => Math.min(width, Math.max(0, x)),
    (y) => Math.min(height, Math.max(0, y)),
  )
}

function rounded(shape: Shape): Shape {
  return each(shape, Math.round, Math.round)
}

function each(shape: Shape, x: (value: number) => number, y: (value: number) => number): Shape {
  return shape.type === 'point'
    ? { type: 'point', x: x(shape.x), y: y(shape.y) }
    : box(x(shape.x1), y(shape.y1), x(shape.x2), y(shape.y2))
}
