import type { Rgb } from './colours.ts'

/** A closed line: x, y, x, y ... in pixels. */
export type Contour = Float64Array
/** What a drawing covers, in pixels; `right` and `bottom` are just outside. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** Lines per pixel on which coverage is measured; along a line it is exact. */
const LINES = 4

/** A picture being drawn: RGB, 8 bits, rows from the top. Areas are filled with smooth edges. */
export class Canvas {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
  private readonly coverage: Float32Array
  private crossings: { x: number; winding: number }[] = []

  constructor(width: number, height: number, background: Rgb) {
    this.width = width
    this.height = height
    this.data = new Uint8Array(width * height * 3)
    this.coverage = new Float32Array(width + 1)
    for (let i = 0; i < this.data.length; i += 3) this.data.set(background, i)
  }

  /** Fills what the contours enclose (non-zero winding). */
  fill(contours: readonly Contour[], colour: Rgb): void {
    const { top, bottom, left, right } = boxOf(contours)
    const firstColumn = Math.max(0, Math.floor(left))
    const lastColumn = Math.min(this.width, Math.ceil(right))
    if (lastColumn <= firstColumn) return
    for (let y = Math.max(0, Math.floor(top)); y < Math.min(this.height, Math.ceil(bottom)); y++) {
      this.coverage.fill(0, firstColumn, lastColumn)
      for (let line = 0; line < LINES; line++) this.cover(contours, y + (line + 0.5) / LINES)
      this.blend(y, firstColumn, lastColumn, colour)
    }
  }

  /** Fills a rectangle with sides along the picture's. */
  rectangle({ left, top, right, bottom }: Box, colour: Rgb): void {
    this.fill([Float64Array.of(left, top, right, top, right, bottom, left, bottom)], colour)
  }

  /** Changes every value: `change` gets the place and the channel and returns what is added. */
  shift(change: (x: number, y: number, channel: number) => number): void {
    let i = 0
    for (let y = 0; y < this.height; y++)
      for (let x = 0; x < this.width; x++)
        for (let channel = 0; channel < 3; channel++, i++)
          this.data[i] = Math.max(0, Math.min(255, Math.round(this.data[i]! + change(x, y, channel))))
  }

  /** Adds what the contours enclose of one line of height 1 / LINES. */
  private cover(contours: readonly Contour[], y: number): void {
    const crossings = this.crossings
    crossings.length = 0
    for (const points of contours) {
      let x0 = points[points.length - 2]!
      let y0 = points[points.length - 1]!
      for (let i = 0; i < points.length; i += 2) {
        const x1 = points[i]!
        const y1 = points[i + 1]!
        if (y0 <= y !== y1 <= y)
          crossings.push({ x: x0 + ((y - y0) / (y1 - y0)) * (x1 - x0), winding: y1 > y0 ? 1 : -1 })
        x0 = x1
        y0 = y1
      }
    }
    crossings.sort((a, b) => a.x - b.x)
    let winding = 0
    for (let i = 0; i + 1 < crossings.length; i++) {
      winding += crossings[i]!.winding
      if (winding !== 0) this.span(crossings[i]!.x, crossings[i + 1]!.x)
    }
  }

  private span(from: number, to: number): void {
    const start = Math.max(0, from)
    const end = Math.min(this.width, to)
    if (end <= start) return
    const first = Math.floor(start)
    const last = Math.floor(end)
    if (first === last) {
      this.coverage[first]! += (end - start) / LINES
      return
    }
    this.coverage[first]! += (first + 1 - start) / LINES
    for (let x = first + 1; x < last; x++) this.coverage[x]! += 1 / LINES
    this.coverage[last]! += (end - last) / LINES
  }

  private blend(y: number, from: number, to: number, colour: Rgb): void {
    let i = (y * this.width + from) * 3
    for (let x = from; x < to; x++, i += 3) {
      const share = Math.min(1, this.coverage[x]!)
      if (share === 0) continue
      for (let c = 0; c < 3; c++)
        this.data[i + c] = Math.round(this.data[i + c]! + (colour[c]! - this.data[i + c]!) * share)
    }
  }
}

/** The box around contours. */
export function boxOf(contours: readonly Contour[]): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const points of contours)
    for (let i = 0; i < points.length; i += 2) {
      left = Math.min(left, points[i]!)
      right = Math.max(right, points[i]!)
      top = Math.min(top, points[i + 1]!)
      bottom = Math.max(bottom, points[i + 1]!)
    }
  return { left, top, right, bottom }
}
