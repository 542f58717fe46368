import { colourNames, coloursOn } from './colours.ts'
import type { Colour } from './colours.ts'
import type { Random } from './random.ts'
import { randomForm, sameThing, shapeNames } from './scene.ts'
import type { BackgroundStyle, Placed, PrintedText, Scene, Side, Thing } from './scene.ts'
import { fontNames, setText } from './text.ts'
import { printedWords } from './words.ts'

/** Width and height of a drawing in pixels. */
export interface DrawingSize {
  readonly width: number
  readonly height: number
}

/** Most drawings are about as large as the model sees them; some are larger. */
export function randomSize(random: Random): DrawingSize {
  const side = random.chance(0.45) ? 112 : random.chance(0.8) ? random.range(90, 240) : random.range(240, 560)
  const ratio = random.chance(0.6) ? 1 : random.pick([4 / 3, 3 / 2, 16 / 9, 3 / 4, 2 / 3, 9 / 16, 1.2, 0.85])
  return { width: Math.round(side * Math.sqrt(ratio)), height: Math.round(side / Math.sqrt(ratio)) }
}

export function randomBackground(random: Random): Colour {
  return random.chance(0.45) ? 'white' : random.chance(0.2) ? 'black' : random.pick(colourNames)
}

const randomStyle = (random: Random): BackgroundStyle =>
  random.weighted({ plain: 66, gradient: 12, noise: 12, window: 10 })

/** A thing that shows well on the background. */
export function randomThing(random: Random, background: Colour): Thing {
  return { colour: random.pick(coloursOn(background)), shape: random.pick(shapeNames) }
}

/** A thing that differs from all of `others`, with what is given of it. */
export function otherThing(
  random: Random,
  background: Colour,
  others: readonly Thing[],
  given: Partial<Thing> = {},
): Thing {
  for (;;) {
    const thing = { ...randomThing(random, background), ...given }
    if (!others.some((other) => sameThing(thing, other))) return thing
  }
}

const seedOf = (random: Random): string => String(random.below(1 << 30))
const place = (random: Random, thing: Thing, x: number, y: number, radius: number): Placed => ({
  ...thing,
  x,
  y,
  radius,
  form: randomForm(random),
})

/** The part of a drawing that things may stand in: a window has a title bar. */
export function contentOf({ width, height }: DrawingSize, style: BackgroundStyle) {
  return style === 'window'
    ? { left: width * 0.05, top: height * 0.16, right: width * 0.95, bottom: height * 0.95 }
    : { left: 0, top: 0, right: width, bottom: height }
}

interface SceneOptions {
  readonly size?: DrawingSize
  readonly background?: Colour
  readonly style?: BackgroundStyle
}

const start = (random: Random, options: SceneOptions) => ({
  ...(options.size ?? randomSize(random)),
  background: options.background ?? randomBackground(random),
  style: options.style ?? randomStyle(random),
  text: null,
  odd: false,
  seed: seedOf(random),
})

/** One thing, somewhere. */
export function singleScene(random: Random, options: SceneOptions & { thing?: Thing } = {}): Scene {
  const base = start(random, options)
  const { left, top, right, bottom } = contentOf(base, base.style)
  const radius = Math.min(right - left, bottom - top) * random.range(0.16, 0.46)
  const thing = options.thing ?? randomThing(random, base.background)
  return {
    ...base,
    objects: [
      place(
        random,
        thing,
        random.range(left + radius, right - radius),
        random.range(top + radius, bottom - radius),
        radius,
      ),
    ],
  }
}

/** Two different things, the first clearly on one side of the second. */
export function pairScene(random: Random, options: SceneOptions & { side?: Side } = {}): Scene {
  const base = start(random, options)
  const first = randomThing(random, base.background)
  const things = [first, otherThing(random, base.background, [first])]
  for (;;) {
    const [a, b] = scatter(random, base, things, 0.13, 0.24)
    const [x, y] = [Math.abs(a!.x - b!.x), Math.abs(a!.y - b!.y)]
    if (Math.max(x, y) < 1.6 * Math.min(x, y)) continue
    return { ...base, objects: [a!, b!] }
  }
}

/** Several things that do not touch: all alike, of one shape, of one colour, or mixed. */
export function manyScene(
  random: Random,
  count: number,
  options: SceneOptions & { kind?: 'alike' | 'shape' | 'colour' | 'mixed' | 'distinct' } = {},
): Scene {
  const base = start(random, options)
  const kind = options.kind ?? random.pick(['alike', 'shape', 'colour', 'mixed'] as const)
  const one = randomThing(random, base.background)
  const things: Thing[] = [one]
  while (things.length < count) {
    const other =
      kind === 'distinct' ? otherThing(random, base.background, things) : randomThing(random, base.background)
    things.push(
      kind === 'alike'
        ? one
        : kind === 'shape'
          ? { ...other, shape: one.shape }
          : kind === 'colour'
            ? { ...other, colour: one.colour }
            : other,
    )
  }
  const most = count <= 2 ? 0.22 : count <= 4 ? 0.18 : 0.15
  return { ...base, objects: scatter(random, base, things, 0.1, most) }
}

/** Places things without touching; radii are shares of the shorter side. They shrink where there is no room. */
function scatter(
  random: Random,
  base: DrawingSize & { style: BackgroundStyle },
  things: readonly Thing[],
  least: number,
  most: number,
): Placed[] {
  const { left, top, right, bottom } = contentOf(base, base.style)
  const side = Math.min(right - left, bottom - top)
  for (let shrink = 1; ; shrink *= 0.95) {
    const placed: Placed[] = []
    for (let tries = 0; tries < 40 && placed.length < things.length; tries++) {
      const radius = side * Math.max(0.09, random.range(least, most) * shrink)
      const next = place(
        random,
        things[placed.length]!,
        random.range(left + radius, right - radius),
        random.range(top + radius, bottom - radius),
        radius,
      )
      const gap = side * 0.03
      if (
        placed.every(
          (other) =>
            Math.max(Math.abs(other.x - next.x), Math.abs(other.y - next.y)) > other.radius + next.radius + gap,
        )
      )
        placed.push(next)
    }
    if (placed.length === things.length) return placed
  }
}

/** A word in capitals, as it is or with a capital letter, or a number of 1 to 6 digits. */
function randomPrint(random: Random): string {
  if (random.chance(0.5))
    return Array.from({ length: random.int(1, 6) }, (_, i) => (i === 0 ? random.int(1, 9) : random.below(10))).join('')
  const word = random.pick(printedWords)
  const style = random.next()
  return style < 0.7 ? word.toUpperCase() : style < 0.85 ? word : word[0]!.toUpperCase() + word.slice(1)
}

/** A printed word or number. */
export function textScene(random: Random, options: SceneOptions & { text?: string } = {}): Scene {
  const base = start(random, options)
  const content = contentOf(base, base.style)
  const text = options.text ?? randomPrint(random)
  const font = random.pick(fontNames)
  const room = { width: (content.right - content.left) * 0.94, height: (content.bottom - content.top) * 0.9 }
  const unit = setText(text, font, 1000).width / 1000
  const largest = Math.min(room.width / unit, room.height)
  const size = largest * random.range(Math.min(0.95, 0.45 + text.length * 0.06), 1)
  const [width, rise, drop] = [unit * size, size * 0.76, size * 0.24]
  const print: PrintedText = {
    text,
    colour: random.pick(coloursOn(base.background)),
    font,
    size,
    x: random.range(content.left + 1, Math.max(content.left + 1, content.right - width - 1)),
    y: random.range(content.top + rise, Math.max(content.top + rise, content.bottom - drop)),
  }
  return { ...base, objects: [], text: print }
}

/** Something that has no name. */
export function oddScene(random: Random, options: SceneOptions = {}): Scene {
  return { ...start(random, { style: 'plain', ...options }), objects: [], odd: true }
}
