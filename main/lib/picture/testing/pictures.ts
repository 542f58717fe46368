import { openPicture } from '../index.ts'
import type { RgbPicture } from '../index.ts'

/** The drawing of `fixtures`: 64 x 48, red on the left, blue above and grey below on the right. */
export const DRAWING: readonly (readonly number[])[] = [
  [200, 60, 30],
  [40, 90, 200],
  [240, 240, 240],
]
/** The same where the grey part is transparent, over white. */
export const OVER_WHITE: readonly (readonly number[])[] = [...DRAWING.slice(0, 2), [255, 255, 255]]
export const DRAWING_SIZE = { width: 64, height: 48 }

/** The number in `DRAWING` of the colour at a pixel. */
export const partAt = (x: number, y: number): number =>
  x < DRAWING_SIZE.width / 2 ? 0 : y < DRAWING_SIZE.height / 2 ? 1 : 2

/** What `value` makes of each pixel, from left to right and top to bottom. */
export const drawn = (value: (part: number) => readonly number[]): number[] =>
  Array.from({ length: DRAWING_SIZE.width * DRAWING_SIZE.height }, (_, i) =>
    value(partAt(i % DRAWING_SIZE.width, Math.floor(i / DRAWING_SIZE.width))),
  ).flat()

/** The colours in the middle of the drawing's parts. */
export function partsOf({ data, width, height }: RgbPicture): number[][] {
  return [
    [0.25, 0.5],
    [0.75, 0.25],
    [0.75, 0.75],
  ].map(([x, y]) => {
    const at = (Math.floor(y! * height) * width + Math.floor(x! * width)) * 3
    return [...data.subarray(at, at + 3)]
  })
}

/** The same of a file. */
export const coloursOf = async (bytes: Uint8Array, name = 'file'): Promise<number[][]> =>
  partsOf(await (await openPicture({ bytes, name })).decode())
