import { readFileSync } from 'node:fs'
import type { Contour } from './canvas.ts'

/** Per character: the advance, then contours as x, y, x, y ...; thousandths of the size, y down from the baseline. */
type Glyphs = Readonly<Record<string, readonly [number, ...number[][]]>>

const fonts = JSON.parse(readFileSync(new URL('./fonts/outlines.json', import.meta.url), 'utf8')) as Readonly<
  Record<string, Glyphs>
>
export const fontNames: readonly string[] = Object.keys(fonts)

/** A line of text as contours that start at x = 0 on the baseline y = 0. */
export interface TextLine {
  /** One entry per character: its contours and where its advance begins and ends, in pixels. */
  readonly glyphs: readonly {
    readonly character: string
    readonly contours: readonly Contour[]
    readonly from: number
    readonly to: number
  }[]
  readonly width: number
}

/** Sets letters and digits of ASCII in a font. `size` in pixels is the font's. Throws for a character that is not embedded. */
export function setText(text: string, font: string, size: number): TextLine {
  const scale = size / 1000
  let at = 0
  const glyphs = [...text].map((character) => {
    const glyph = fonts[font]?.[character]
    if (!glyph) throw new Error(`No glyph for ${JSON.stringify(character)} in ${font}`)
    const [advance, ...contours] = glyph
    const from = at
    at += advance * scale
    return {
      character,
      from,
      to: at,
      contours: contours.map((points) =>
        Float64Array.from(points, (value, i) => value * scale + (i % 2 === 0 ? from : 0)),
      ),
    }
  })
  return { glyphs, width: at }
}

/** The contours moved by so many pixels. */
export function move(contours: readonly Contour[], x: number, y: number): Contour[] {
  return contours.map((points) => points.map((value, i) => value + (i % 2 === 0 ? x : y)))
}
