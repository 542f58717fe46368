import type { Random } from './random.ts'

export const colourNames = [
  'red',
  'green',
  'blue',
  'yellow',
  'orange',
  'purple',
  'pink',
  'brown',
  'black',
  'white',
  'gray',
] as const
export type Colour = (typeof colourNames)[number]
/** Red, green, blue, 0..255. */
export type Rgb = readonly [number, number, number]

/** What each colour is drawn as, before its variation. */
export const colourValues: Readonly<Record<Colour, Rgb>> = {
  red: [220, 30, 30],
  green: [30, 160, 50],
  blue: [30, 70, 220],
  yellow: [245, 215, 30],
  orange: [250, 130, 10],
  purple: [130, 40, 170],
  pink: [255, 140, 195],
  brown: [120, 70, 30],
  black: [15, 15, 15],
  white: [250, 250, 250],
  gray: [128, 128, 128],
}

/** Pairs that are too alike to stand on each other. */
const alike = new Set(
  'red orange,orange yellow,pink white,brown black,yellow white,red brown,purple blue,red pink,gray brown,purple brown,brown orange,gray pink,gray purple,gray green,red purple,purple black'
    .split(',')
    .flatMap((pair) => [pair, pair.split(' ').reverse().join(' ')]),
)

/** The colours that show well on `background`. */
export function coloursOn(background: Colour): Colour[] {
  return colourNames.filter((name) => name !== background && !alike.has(`${name} ${background}`))
}

/** The colour with each channel moved by at most `amount`. */
export function vary(random: Random, [red, green, blue]: Rgb, amount: number): Rgb {
  const move = (value: number) => Math.max(0, Math.min(255, Math.round(value + random.range(-amount, amount))))
  return [move(red), move(green), move(blue)]
}
