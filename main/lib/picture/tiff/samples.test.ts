import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Tag } from './directory.ts'
import type { TagValue } from './encode.ts'
import {
  WIDTH,
  HEIGHT,
  colours,
  greys,
  tiff,
  open,
  read,
  distance,
  asColours,
  bytesOf,
  packed,
  bytes,
  grey,
} from './testing/tiffFile.ts'
import type { Rgb } from './testing/tiffFile.ts'

describe('channels beyond the colour', () => {
  const withExtra = (extra: readonly number[], values: readonly number[]) =>
    tiff({
      tags: [[Tag.samples, [3 + values.length]], ...(extra.length > 0 ? [[Tag.extraSamples, extra] as const] : [])],
      blocks: [bytes(colours.flatMap((colour) => [...colour, ...values]))],
    })

  test.each([
    ['one of an unknown kind', [0], [0]],
    ['one that the file says nothing of', [], [0]],
    ['an opaque alpha and one more', [2, 0], [255, 0]],
    ['three', [0, 0, 0], [1, 2, 3]],
  ])('%s are not blended: the colours stay', async (_, extra, values) => {
    expect(distance(await read(withExtra(extra, values)), colours)).toBe(0)
  })

  test('grey with one more stays grey', async () => {
    const file = grey(
      [
        [Tag.samples, [2]],
        [Tag.extraSamples, [0]],
      ],
      bytes(greys.flatMap((value) => [value, 0])),
    )
    expect(distance(await read(file), asColours(greys))).toBe(0)
  })

  test('alpha is blended over white, whether the colours are multiplied by it or not', async () => {
    const over = colours.map((colour) => colour.map((value) => Math.round((value * 102 + 255 * 153) / 255)) as Rgb)
    const straight = await open(withExtra([2], [102]))
    expect(straight.hasAlpha).toBe(true)
    expect(distance(await straight.decode(), over)).toBeLessThanOrEqual(1)
    const multiplied = tiff({
      tags: [
        [Tag.samples, [4]],
        [Tag.extraSamples, [1]],
      ],
      blocks: [bytes(colours.flatMap((colour) => [...colour.map((value) => Math.round((value * 102) / 255)), 102]))],
    })
    expect(distance(await read(multiplied), over)).toBeLessThanOrEqual(2)
  })
})

describe('numbers of other kinds', () => {
  test.each([10, 12, 14])('%i bits, packed without gaps', async (bits) => {
    const file = tiff({
      tags: [[Tag.bits, [bits, bits, bits]]],
      blocks: [
        packed(
          colours.flat().map((value) => value << (bits - 8)),
          WIDTH * 3,
          bits,
        ),
      ],
    })
    expect(distance(await read(file), colours)).toBe(0)
  })

  test.each([1, 2, 4])('grey of %i bits', async (bits) => {
    const most = 2 ** bits - 1
    const levels = greys.map((value) => Math.round((value * most) / 255))
    expect(
      distance(
        await read(grey([[Tag.bits, [bits]]], packed(levels, WIDTH, bits))),
        asColours(levels.map((level) => Math.round((level * 255) / most))),
      ),
    ).toBe(0)
  })

  test.each([
    ['16-bit floats', 16],
    ['32-bit floats', 32],
    ['64-bit floats', 64],
  ] as const)('%s from 0 to 1 are shares of white, grey and in colours', async (_, bits) => {
    const tags: TagValue[] = [
      [Tag.bits, [bits]],
      [Tag.sampleFormat, [3]],
    ]
    const picture = await open(
      grey(
        tags,
        bytesOf(
          greys.map((value) => value / 255),
          bits,
          'f',
        ),
      ),
    )
    expect(distance(await picture.decode(), asColours(greys))).toBeLessThanOrEqual(1)
    expect(picture.notes).toEqual([])
    expect(
      distance(
        await read(
          tiff({
            tags,
            blocks: [
              bytesOf(
                colours.flat().map((value) => value / 255),
                bits,
                'f',
              ),
            ],
          }),
        ),
        colours,
      ),
    ).toBeLessThanOrEqual(1)
  })

  test('floats that go beyond are shown from the least to the greatest; numbers that are none are black', async () => {
    const values = greys.map((value) => value * 100 - 5000)
    values[0] = NaN
    const [least, most] = [Math.min(...values.slice(1)), Math.max(...values.slice(1))]
    const expected = values.map((value) =>
      Number.isNaN(value) ? 0 : Math.round(((value - least) / (most - least)) * 255),
    )
    const picture = await open(
      grey(
        [
          [Tag.bits, [32]],
          [Tag.sampleFormat, [3]],
        ],
        bytesOf(values, 32, 'f'),
      ),
    )
    expect(distance(await picture.decode(), asColours(expected))).toBeLessThanOrEqual(1)
    // told once, however often it is read
    await picture.decode()
    expect(picture.notes).toEqual([
      `Its values are 32-bit floating point numbers from ${least} to ${most}: the least is shown black, the greatest white.`,
    ])
  })

  test('floats that are 8-bit values keep them', async () => {
    const file = grey(
      [
        [Tag.bits, [32]],
        [Tag.sampleFormat, [3]],
      ],
      bytesOf(greys, 32, 'f'),
    )
    expect(distance(await read(file), asColours(greys))).toBe(0)
  })

  test.each([
    ['signed 16-bit', 16, 'i', (value: number) => value * 257 - 32_768],
    ['signed 32-bit', 32, 'i', (value: number) => (value - 128) * 1000],
    ['unsigned 32-bit of which only the lowest part is used', 32, 'u', (value: number) => value * 16],
    ['16-bit of a 12-bit camera', 16, 'u', (value: number) => value * 16],
    ['24-bit of which only the lowest part is used', 24, 'u', (value: number) => value],
  ] as const)('%s greys are shown from the least to the greatest', async (_, bits, format, of) => {
    const [least, most] = [Math.min(...greys), Math.max(...greys)]
    const file = grey(
      [
        [Tag.bits, [bits]],
        [Tag.sampleFormat, [format === 'i' ? 2 : 1]],
      ],
      bytesOf(greys.map(of), bits, format),
    )
    expect(
      distance(await read(file), asColours(greys.map((value) => Math.round(((value - least) / (most - least)) * 255)))),
    ).toBeLessThanOrEqual(1)
  })

  test('32-bit colours go to the greatest number there is', async () => {
    const file = tiff({
      tags: [[Tag.bits, [32]]],
      blocks: [
        bytesOf(
          colours.flat().map((value) => value * 0x1010101),
          32,
          'u',
        ),
      ],
    })
    expect(distance(await read(file), colours)).toBe(0)
  })

  test('8-bit samples that are called signed are read by their bits, as viewers do', async () => {
    expect(distance(await read(grey([[Tag.sampleFormat, [2]]], bytes(greys))), asColours(greys))).toBe(0)
  })

  test('floats with the predictor of their kind, and 16 bits with differences', async () => {
    const floats = bytesOf(
      greys.map((value) => value / 255),
      32,
      'f',
    )
    const rows: Buffer[] = []
    for (let y = 0; y < HEIGHT; y++) {
      const line = floats.subarray(y * WIDTH * 4, (y + 1) * WIDTH * 4)
      const sorted = Buffer.from(
        Array.from({ length: WIDTH * 4 }, (_, i) => line[(i % WIDTH) * 4 + 3 - Math.floor(i / WIDTH)]!),
      )
      rows.push(Buffer.from(sorted.map((byte, i) => (i === 0 ? byte : byte - sorted[i - 1]!))))
    }
    const file = grey(
      [
        [Tag.bits, [32]],
        [Tag.sampleFormat, [3]],
        [Tag.predictor, [3]],
        [Tag.compression, [8]],
      ],
      deflateSync(Buffer.concat(rows)),
    )
    expect(distance(await read(file), asColours(greys))).toBeLessThanOrEqual(1)
    const wide = greys.map((value) => value * 257)
    const steps = wide.map((value, i) => (i % WIDTH === 0 ? value : value - wide[i - 1]!) & 0xffff)
    const differences = grey(
      [
        [Tag.bits, [16]],
        [Tag.predictor, [2]],
        [Tag.compression, [8]],
      ],
      deflateSync(bytesOf(steps, 16, 'u')),
    )
    expect(distance(await read(differences), asColours(greys))).toBe(0)
  })
})
