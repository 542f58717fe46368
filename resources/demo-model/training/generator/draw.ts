import { Canvas, boxOf } from './canvas.ts'
import type { Box } from './canvas.ts'
import { colourValues, vary } from './colours.ts'
import type { Colour, Rgb } from './colours.ts'
import { Random } from './random.ts'
import { shapeContours, shapeNames } from './scene.ts'
import type { Scene } from './scene.ts'
import { move, setText } from './text.ts'

/** A drawn thing or character and its box in pixels. `kind`: 1..8 a shape, 9.. a digit or letter, whatever its case. */
export interface Mark {
  readonly kind: number
  readonly colour: Colour
  readonly box: Box
}

export interface Drawing {
  readonly canvas: Canvas
  readonly marks: readonly Mark[]
}

const FIRST_CHARACTER = 1 + shapeNames.length
const kindOfCharacter = (character: string) => FIRST_CHARACTER + Number.parseInt(character, 36)

/** Draws a scene. `exact`: the colours as they are, without variation, for pictures that people look at. */
export function drawScene(scene: Scene, exact = false): Drawing {
  const random = new Random(scene.seed)
  const colour = (value: Rgb, amount: number) => (exact ? value : vary(random, value, amount))
  const background = colour(colourValues[scene.background], 8)
  const canvas = new Canvas(scene.width, scene.height, background)
  if (scene.odd) {
    drawOdd(canvas, random)
    return { canvas, marks: [] }
  }
  if (scene.style === 'window') drawWindow(canvas, random, background)
  if (scene.style === 'gradient') {
    const [across, down] = [random.range(-24, 24), random.range(-24, 24)]
    canvas.shift((x, y) => across * (x / scene.width - 0.5) + down * (y / scene.height - 0.5))
  }
  const marks: Mark[] = scene.objects.map((object) => {
    const contours = shapeContours(object.shape, object.x, object.y, object.radius, object.form)
    canvas.fill(contours, colour(colourValues[object.colour], 12))
    return { kind: 1 + shapeNames.indexOf(object.shape), colour: object.colour, box: boxOf(contours) }
  })
  if (scene.text) {
    const { text, font, size, x, y } = scene.text
    const value = colour(colourValues[scene.text.colour], 12)
    for (const glyph of setText(text, font, size).glyphs) {
      const contours = move(glyph.contours, x, y)
      canvas.fill(contours, value)
      const { top, bottom } = boxOf(contours)
      marks.push({
        kind: kindOfCharacter(glyph.character),
        colour: scene.text.colour,
        box: { left: x + glyph.from, right: x + glyph.to, top, bottom },
      })
    }
  }
  if (scene.style === 'noise') {
    const amount = random.range(2, 10)
    canvas.shift(() => random.range(-amount, amount))
  }
  return { canvas, marks }
}

/** Draws something without a name over the whole canvas: noise, tiles, stripes, waves, a heap of scraps, a landscape. */
function drawOdd(canvas: Canvas, random: Random): void {
  const styles = [noise, tiles, stripes, waves, scraps, scraps, landscape]
  random.pick(styles)(canvas, random)
  if (random.chance(0.3)) {
    const amount = random.range(3, 20)
    canvas.shift(() => random.range(-amount, amount))
  }
}

const anyColour = (random: Random): Rgb => [random.below(256), random.below(256), random.below(256)]

function noise(canvas: Canvas, random: Random): void {
  canvas.shift(() => random.range(-255, 255))
}

function tiles(canvas: Canvas, random: Random): void {
  const columns = random.int(3, 9)
  const rows = random.int(3, 9)
  const [w, h] = [canvas.width / columns, canvas.height / rows]
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      canvas.rectangle({ left: x * w, right: (x + 1) * w, top: y * h, bottom: (y + 1) * h }, anyColour(random))
}

function stripes(canvas: Canvas, random: Random): void {
  const colours = Array.from({ length: random.int(2, 4) }, () => anyColour(random))
  const step = Math.max(canvas.width, canvas.height) / random.int(5, 14)
  const lean = random.range(-1, 1) * canvas.height
  for (let i = -10, x = -Math.abs(lean); x < canvas.width + Math.abs(lean); x += step, i++)
    canvas.fill(
      [Float64Array.of(x, 0, x + step, 0, x + step + lean, canvas.height, x + lean, canvas.height)],
      colours[(i + 20) % colours.length]!,
    )
}

function waves(canvas: Canvas, random: Random): void {
  const [fx, fy] = [random.range(0.02, 0.3), random.range(0.02, 0.3)]
  const phases = [random.range(0, 6), random.range(0, 6), random.range(0, 6)]
  const size = random.range(40, 120)
  canvas.shift((x, y, c) => size * Math.sin(x * fx + phases[c]!) * Math.cos(y * fy + phases[(c + 1) % 3]!))
}

/** Many uneven polygons on top of each other. */
function scraps(canvas: Canvas, random: Random): void {
  const side = Math.min(canvas.width, canvas.height)
  for (let i = random.int(8, 30); i > 0; i--) {
    const [x, y, r] = [random.range(0, canvas.width), random.range(0, canvas.height), side * random.range(0.06, 0.35)]
    const corners = random.int(3, 9)
    const points = new Float64Array(corners * 2)
    for (let k = 0; k < corners; k++) {
      const angle = ((k + random.range(-0.3, 0.3)) * 2 * Math.PI) / corners
      const reach = r * random.range(0.3, 1)
      points.set([x + Math.cos(angle) * reach, y + Math.sin(angle) * reach], k * 2)
    }
    canvas.fill([points], anyColour(random))
  }
}

/** Bands with uneven edges, like hills under a sky, and light that falls off. */
function landscape(canvas: Canvas, random: Random): void {
  const { width, height } = canvas
  const bands = random.int(3, 6)
  for (let i = 1; i < bands; i++) {
    const points: number[] = [width, height, 0, height]
    let y = height * (i / bands + random.range(-0.08, 0.08))
    for (let x = 0; x <= 8; x++) {
      points.push((x * width) / 8, y)
      y += height * random.range(-0.06, 0.06)
    }
    canvas.fill([Float64Array.from(points)], anyColour(random))
  }
  const fall = random.range(20, 60)
  canvas.shift((_, y) => fall * (0.5 - y / height))
}

/** A window on a desktop: a frame, a title bar with buttons, perhaps lines of a tool bar. The content keeps its colour. */
function drawWindow(canvas: Canvas, random: Random, content: Rgb): void {
  const { width, height } = canvas
  const dark = random.chance(0.4)
  const desktop = vary(random, dark ? [40, 44, 52] : [205, 212, 222], 25)
  const bar = vary(random, dark ? [58, 62, 70] : [228, 230, 234], 15)
  const ink = vary(random, dark ? [150, 154, 160] : [110, 114, 120], 20)
  const [left, right, top, bottom] = [
    width * random.range(0, 0.04),
    width * random.range(0.96, 1),
    height * random.range(0, 0.04),
    height * random.range(0.96, 1),
  ]
  const barBottom = Math.max(top + 3, height * random.range(0.09, 0.14))
  canvas.rectangle({ left: 0, top: 0, right: width, bottom: height }, desktop)
  canvas.rectangle({ left, top, right, bottom }, content)
  canvas.rectangle({ left, top, right, bottom: barBottom }, bar)
  const [middle, side] = [(top + barBottom) / 2, (barBottom - top) * 0.22]
  const fromLeft = random.chance(0.5)
  for (let i = 0; i < 3; i++) {
    const x = fromLeft ? left + (barBottom - top) * (0.6 + i * 0.7) : right - (barBottom - top) * (0.6 + i * 0.7)
    canvas.rectangle({ left: x - side, right: x + side, top: middle - side, bottom: middle + side }, ink)
  }
  if (random.chance(0.6)) {
    const x = width * 0.36
    canvas.rectangle(
      { left: x, right: x + width * random.range(0.1, 0.3), top: middle - side * 0.6, bottom: middle + side * 0.6 },
      ink,
    )
  }
}
