import { boxOf, Canvas } from './canvas.ts'
import type { Box } from './canvas.ts'
import { colourValues, vary } from './colours.ts'
import type { Colour, Rgb } from './colours.ts'
import { drawOdd } from './odd.ts'
import { Random } from './random.ts'
import type { Scene } from './scene.ts'
import { shapeContours, shapeNames } from './shapes.ts'
import { move, setText } from './text.ts'
import { drawWindow } from './windowFrame.ts'

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
/** How many kinds there are, 0 (nothing) included. */
export const markKinds = FIRST_CHARACTER + 36

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
