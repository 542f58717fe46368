import { expect } from 'vitest'
import { openPicture } from '../../index.ts'
import { Tag } from '../directory.ts'
import { tiffHead } from '../encode.ts'
import type { TagValue } from '../encode.ts'

/** The size of every page, in pixels, unless its tags say otherwise. */
export const WIDTH = 16
export const HEIGHT = 12

/** Red, green and blue. */
export type Rgb = [number, number, number]

/** Different in every corner, none of it grey. */
export const colourAt = (x: number, y: number): Rgb => [200 - 8 * x, 20 + 15 * y, 60 + 5 * x + 3 * y]

const greyAt = (x: number, y: number): number => 10 + 9 * x + 7 * y

/** A value for each pixel, rows from top to bottom. */
export const pixels = <T>(of: (x: number, y: number) => T): T[] =>
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => of(i % WIDTH, Math.floor(i / WIDTH)))

/** The drawing as colours, and as grey. */
export const colours = pixels(colourAt)
export const greys = pixels(greyAt)

/** A page as it is written: its tags over the usual ones, and its strips or tiles. */
export interface Page {
  readonly tags?: readonly TagValue[]
  readonly blocks: readonly Uint8Array[]
  readonly tiled?: boolean
}

/** A TIFF of 8-bit RGB in one strip, but for what the pages say otherwise. */
export function tiff(...pages: Page[]): Buffer {
  const head = tiffHead(
    pages.map(({ tags = [], blocks, tiled = false }) => {
      const own = new Set(tags.map(([tag]) => tag))
      const usual: TagValue[] = [
        [Tag.width, [WIDTH]],
        [Tag.height, [HEIGHT]],
        [Tag.bits, [8]],
        [Tag.compression, [1]],
        [Tag.photometric, [2]],
        [Tag.samples, [3]],
      ]
      return {
        tags: [...usual.filter(([tag]) => !own.has(tag)), ...tags],
        blockLengths: blocks.map(({ length }) => length),
        tiled,
      }
    }),
  )
  return Buffer.concat([head, ...pages.flatMap(({ blocks }) => blocks)])
}

/** Opens a file from memory; `read` decodes its first page. */
export const open = (bytes: Uint8Array, page?: number) =>
  openPicture({ bytes, name: 'scan.tif', ...(page !== undefined && { page }) })
export const read = async (bytes: Uint8Array) => (await open(bytes)).decode()

/** The error that `work` rejects with. */
export const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error as { code: string; message: string },
  )

/** The greatest difference to what is expected, of any channel. */
export function distance({ data }: { data: Uint8Array }, expected: readonly Rgb[]): number {
  const flat = expected.flat()
  expect(data.length).toBe(flat.length)
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0)
}

/** Grey values as colours. */
export const asColours = (values: readonly number[]): Rgb[] => values.map((value) => [value, value, value])

/** Numbers of any kind as bytes, least significant first. */
export function bytesOf(values: readonly number[], bits: number, format: 'u' | 'i' | 'f'): Buffer {
  const size = bits / 8
  const out = Buffer.alloc(values.length * size)
  values.forEach((value, n) => {
    const at = n * size
    if (format === 'f' && bits === 64) out.writeDoubleLE(value, at)
    else if (format === 'f' && bits === 32) out.writeFloatLE(value, at)
    else if (format === 'f') out.writeUInt16LE(halfOf(value), at)
    else if (format === 'i') out.writeIntLE(value, at, size)
    else out.writeUIntLE(value, at, size)
  })
  return out
}

/** IEEE binary16 of a number from 0 to 1, cut off. */
function halfOf(value: number): number {
  if (value === 0) return 0
  const exponent = Math.max(-14, Math.floor(Math.log2(value)))
  return ((exponent + 15) << 10) | Math.floor((value / 2 ** exponent - 1) * 1024)
}

/** Whole numbers packed without gaps, each row from a byte of its own. */
export function packed(values: readonly number[], perRow: number, bits: number): Buffer {
  const rows: Buffer[] = []
  for (let from = 0; from < values.length; from += perRow) {
    const text = values
      .slice(from, from + perRow)
      .map((value) => value.toString(2).padStart(bits, '0'))
      .join('')
    const padded = text.padEnd(Math.ceil(text.length / 8) * 8, '0')
    rows.push(Buffer.from(padded.match(/.{8}/g)!.map((byte) => parseInt(byte, 2))))
  }
  return Buffer.concat(rows)
}

export const bytes = (values: readonly number[]) => Buffer.from(values)
export const rgbBytes = bytes(colours.flat())

/** A page of one channel, 0 is black. */
export const grey = (tags: readonly TagValue[], block: Uint8Array) => {
  const own = new Set(tags.map(([tag]) => tag))
  const usual: TagValue[] = [
    [Tag.photometric, [1]],
    [Tag.samples, [1]],
  ]
  return tiff({ tags: [...usual.filter(([tag]) => !own.has(tag)), ...tags], blocks: [block] })
}

/** A colour as brightness and differences, by BT.601 or the coefficients of red and blue. */
export const yCbCr = ([r, g, b]: Rgb, [kr, kb] = [0.299, 0.114]): Rgb => {
  const y = kr! * r + (1 - kr! - kb!) * g + kb! * b
  return [y, 128 + (b - y) / (2 - 2 * kb!), 128 + (r - y) / (2 - 2 * kr!)]
}
