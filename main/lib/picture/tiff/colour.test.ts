import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { Tag } from './directory.ts'
import type { TagValue } from './encode.ts'
import {
  WIDTH,
  HEIGHT,
  colourAt,
  pixels,
  colours,
  greys,
  tiff,
  read,
  distance,
  asColours,
  bytesOf,
  packed,
  bytes,
  grey,
  yCbCr,
} from './testing/tiffFile.ts'
import type { Rgb } from './testing/tiffFile.ts'

describe('colours', () => {
  test('YCbCr without JPEG, by BT.601, and by the coefficients that the file names', async () => {
    const of = (shares?: [number, number]) => bytes(colours.flatMap((colour) => yCbCr(colour, shares).map(Math.round)))
    const tags: TagValue[] = [
      [Tag.photometric, [6]],
      [Tag.yCbCrSubsampling, [1, 1]],
    ]
    expect(distance(await read(tiff({ tags, blocks: [of()] })), colours)).toBeLessThanOrEqual(2)
    const named: TagValue[] = [...tags, [Tag.yCbCrCoefficients, [0.2126, 0.7152, 0.0722]]]
    expect(distance(await read(tiff({ tags: named, blocks: [of([0.2126, 0.0722])] })), colours)).toBeLessThanOrEqual(2)
  })

  test.each([
    [2, 1],
    [2, 2],
    [4, 2],
  ] as const)('YCbCr with one chroma sample for %i x %i pixels', async (across, down) => {
    // blocks of one colour, so that nothing is lost
    const flat = pixels((x, y) => colourAt(Math.floor(x / across) * across, Math.floor(y / down) * down))
    const units: number[] = []
    for (let y = 0; y < HEIGHT; y += down) {
      for (let x = 0; x < WIDTH; x += across) {
        const [luma, cb, cr] = yCbCr(flat[y * WIDTH + x]!).map(Math.round)
        units.push(...Array<number>(across * down).fill(luma!), cb!, cr!)
      }
    }
    const file = tiff({
      tags: [
        [Tag.photometric, [6]],
        [Tag.yCbCrSubsampling, [across, down]],
        [Tag.compression, [8]],
      ],
      blocks: [deflateSync(bytes(units))],
    })
    expect(distance(await read(file), flat)).toBeLessThanOrEqual(2)
  })

  test('the codes of black and white that a file names', async () => {
    const video = colours.flatMap((colour) => {
      const [luma, cb, cr] = yCbCr(colour) as Rgb
      return [16 + (luma * 219) / 255, 128 + ((cb - 128) * 112) / 127, 128 + ((cr - 128) * 112) / 127].map(Math.round)
    })
    const tags: TagValue[] = [
      [Tag.photometric, [6]],
      [Tag.yCbCrSubsampling, [1, 1]],
      [Tag.referenceBlackWhite, [16, 235, 128, 240, 128, 240]],
    ]
    expect(distance(await read(tiff({ tags, blocks: [bytes(video)] })), colours)).toBeLessThanOrEqual(3)
  })

  test.each([
    ['CIE L*a*b*, 8 bits', 8, 8, [138, 81, 70]],
    ['L*a*b* as ICC has it, 8 bits', 9, 8, [138, 128 + 81, 128 + 70]],
    ['CIE L*a*b*, 16 bits', 8, 16, [35_579, 20_687, 17_892]],
    ['L*a*b* as ICC has it, 16 bits', 9, 16, [35_440, 32_768 + 20_687, 32_768 + 17_892]],
  ] as const)('%s', async (_, photometric, bits, lab) => {
    // L 54.29, a 80.81, b 69.89 is sRGB's red under D50
    const file = tiff({
      tags: [
        [Tag.photometric, [photometric]],
        [Tag.bits, [bits]],
      ],
      blocks: [
        bytesOf(
          colours.flatMap(() => [...lab]),
          bits,
          'u',
        ),
      ],
    })
    expect(
      distance(
        await read(file),
        colours.map(() => [255, 0, 0]),
      ),
    ).toBeLessThanOrEqual(bits === 8 ? 4 : 1)
  })

  test('CMYK without a profile is what the inks leave of white, with a channel more too', async () => {
    const expected = colours.map((colour) => colour.map((value) => Math.round((value * 204) / 255)) as Rgb)
    const inks = colours.map((colour) => [...colour.map((value) => 255 - value), 51])
    expect(
      distance(
        await read(
          tiff({
            tags: [
              [Tag.photometric, [5]],
              [Tag.samples, [4]],
            ],
            blocks: [bytes(inks.flat())],
          }),
        ),
        expected,
      ),
    ).toBeLessThanOrEqual(1)
    const more = tiff({
      tags: [
        [Tag.photometric, [5]],
        [Tag.samples, [5]],
        [Tag.extraSamples, [0]],
      ],
      blocks: [bytes(inks.flatMap((ink) => [...ink, 9]))],
    })
    expect(distance(await read(more), expected)).toBeLessThanOrEqual(1)
  })

  test.each([1, 2, 4, 8])('a palette of %i bits, also one whose writer put 8 bits where 16 belong', async (bits) => {
    const size = 2 ** bits
    const table = Array.from({ length: size }, (_, n) => colourAt(n % WIDTH, n % HEIGHT))
    const indices = pixels((x, y) => (x + y) % size)
    for (const scale of [257, 1]) {
      const map = [0, 1, 2].flatMap((c) => table.map((colour) => colour[c as 0]! * scale))
      const file = grey(
        [
          [Tag.photometric, [3]],
          [Tag.bits, [bits]],
          [Tag.colourMap, map],
        ],
        packed(indices, WIDTH, bits),
      )
      expect(
        distance(
          await read(file),
          indices.map((index) => table[index]!),
        ),
      ).toBe(0)
    }
  })

  test.each([1, 8, 16])('0 is white, %i bits', async (bits) => {
    const most = 2 ** bits - 1
    const levels = bits === 1 ? greys.map((value) => value >> 7) : greys.map((value) => value * (most / 255))
    const block =
      bits === 16
        ? bytesOf(
            levels.map((level) => most - level),
            16,
            'u',
          )
        : packed(
            levels.map((level) => most - level),
            WIDTH,
            bits,
          )
    expect(
      distance(
        await read(
          grey(
            [
              [Tag.photometric, [0]],
              [Tag.bits, [bits]],
            ],
            block,
          ),
        ),
        asColours(levels.map((level) => (level * 255) / most)),
      ),
    ).toBe(0)
  })
})
