import { deflateSync, zstdCompressSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openPicture } from '../index.ts'
import { Tag } from './directory.ts'
import { tiffHead } from './encode.ts'
import type { TagValue } from './encode.ts'

const WIDTH = 16
const HEIGHT = 12
type Rgb = [number, number, number]
/** Different in every corner, none of it grey. */
const colourAt = (x: number, y: number): Rgb => [200 - 8 * x, 20 + 15 * y, 60 + 5 * x + 3 * y]
const greyAt = (x: number, y: number): number => 10 + 9 * x + 7 * y
const pixels = <T>(of: (x: number, y: number) => T): T[] =>
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => of(i % WIDTH, Math.floor(i / WIDTH)))
const colours = pixels(colourAt)
const greys = pixels(greyAt)

interface Page {
  readonly tags?: readonly TagValue[]
  readonly blocks: readonly Uint8Array[]
  readonly tiled?: boolean
}

/** A TIFF of 8-bit RGB in one strip, but for what the pages say otherwise. */
function tiff(...pages: Page[]): Buffer {
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

const open = (bytes: Uint8Array, page?: number) =>
  openPicture({ bytes, name: 'scan.tif', ...(page !== undefined && { page }) })
const read = async (bytes: Uint8Array) => (await open(bytes)).decode()
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error as { code: string; message: string },
  )

/** The greatest difference to what is expected, of any channel. */
function distance({ data }: { data: Uint8Array }, expected: readonly Rgb[]): number {
  const flat = expected.flat()
  expect(data.length).toBe(flat.length)
  return flat.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i]!)), 0)
}
const asColours = (values: readonly number[]): Rgb[] => values.map((value) => [value, value, value])

/** Numbers of any kind as bytes, least significant first. */
function bytesOf(values: readonly number[], bits: number, format: 'u' | 'i' | 'f'): Buffer {
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
function packed(values: readonly number[], perRow: number, bits: number): Buffer {
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

const bytes = (values: readonly number[]) => Buffer.from(values)
const rgbBytes = bytes(colours.flat())
const grey = (tags: readonly TagValue[], block: Uint8Array) => {
  const own = new Set(tags.map(([tag]) => tag))
  const usual: TagValue[] = [
    [Tag.photometric, [1]],
    [Tag.samples, [1]],
  ]
  return tiff({ tags: [...usual.filter(([tag]) => !own.has(tag)), ...tags], blocks: [block] })
}
const yCbCr = ([r, g, b]: Rgb, [kr, kb] = [0.299, 0.114]): Rgb => {
  const y = kr! * r + (1 - kr! - kb!) * g + kb! * b
  return [y, 128 + (b - y) / (2 - 2 * kb!), 128 + (r - y) / (2 - 2 * kr!)]
}

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

describe('how pixels are laid out and packed', () => {
  /** 16 x 16 tiles of the picture, what is beyond it black. */
  const tile = (channels: readonly (0 | 1 | 2)[]) =>
    bytes(
      Array.from({ length: 16 * 16 }, (_, i) =>
        i < WIDTH * HEIGHT ? channels.map((c) => colours[i]![c]!) : channels.map(() => 0),
      ).flat(),
    )
  const size: TagValue[] = [
    [Tag.tileWidth, [16]],
    [Tag.tileHeight, [16]],
  ]

  test('channels apart, in strips and in tiles', async () => {
    const strips = [0, 1, 2].flatMap((c) =>
      [0, 8].map((y) => bytes(colours.slice(y * WIDTH, (y + 8) * WIDTH).map((colour) => colour[c as 0]!))),
    )
    expect(
      distance(
        await read(
          tiff({
            tags: [
              [Tag.planar, [2]],
              [Tag.rowsPerStrip, [8]],
            ],
            blocks: strips,
          }),
        ),
        colours,
      ),
    ).toBe(0)
    const tiles = ([0, 1, 2] as const).map((c) => deflateSync(tile([c])))
    expect(
      distance(
        await read(tiff({ tags: [...size, [Tag.planar, [2]], [Tag.compression, [8]]], blocks: tiles, tiled: true })),
        colours,
      ),
    ).toBe(0)
  })

  test('channels apart of which one that is not shown is missing', async () => {
    const strips = [...[0, 1, 2].map((c) => bytes(colours.map((colour) => colour[c as 0]!))), Buffer.alloc(0)]
    const file = tiff({
      tags: [
        [Tag.planar, [2]],
        [Tag.samples, [4]],
        [Tag.extraSamples, [0]],
      ],
      blocks: strips,
    })
    expect(distance(await read(file), colours)).toBe(0)
  })

  test('tiles that go beyond the picture', async () => {
    expect(distance(await read(tiff({ tags: size, blocks: [tile([0, 1, 2])], tiled: true })), colours)).toBe(0)
  })

  test.each(['none', 'lzw', 'deflate', 'packbits'] as const)(
    'compression %s, with and without differences to the pixel before',
    async (compression) => {
      for (const predictor of ['none', 'horizontal'] as const) {
        const wide = Uint16Array.from(greys, (value) => value * 257)
        const raw = sharp(wide, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('grey16')
        expect(distance(await read(await raw.tiff({ compression, predictor }).toBuffer()), asColours(greys))).toBe(0)
      }
    },
  )

  test('LZW over more codes than it holds', async () => {
    const side = 300
    const wide = Uint16Array.from({ length: side * side }, (_, i) => (i * 40_503) ^ (i >> 3))
    const written = await sharp(wide, { raw: { width: side, height: side, channels: 1 } })
      .toColourspace('grey16')
      .tiff({ compression: 'lzw', predictor: 'none' })
      .toBuffer()
    expect(distance(await read(written), asColours([...wide].map((value) => value >> 8)))).toBe(0)
  })

  test('Zstandard', async () => {
    expect(
      distance(
        await read(tiff({ tags: [[Tag.compression, [50_000]]], blocks: [zstdCompressSync(rgbBytes)] })),
        colours,
      ),
    ).toBe(0)
  })

  test('bits that begin with the least significant one', async () => {
    const levels = greys.map((value) => (value > 127 ? 1 : 0))
    const reversed = packed(levels, WIDTH, 1).map((byte) =>
      parseInt(byte.toString(2).padStart(8, '0').split('').reverse().join(''), 2),
    )
    expect(
      distance(
        await read(
          grey(
            [
              [Tag.bits, [1]],
              [Tag.fillOrder, [2]],
            ],
            reversed,
          ),
        ),
        asColours(levels.map((level) => level * 255)),
      ),
    ).toBe(0)
  })

  test('turned as the file says', async () => {
    const turned = await open(
      tiff({
        tags: [
          [Tag.orientation, [6]],
          [Tag.samples, [4]],
          [Tag.extraSamples, [0]],
        ],
        blocks: [bytes(colours.flatMap((colour) => [...colour, 0]))],
      }),
    )
    expect(turned).toMatchObject({ width: HEIGHT, height: WIDTH })
    const { data } = await turned.decode()
    expect([...data.subarray(0, 3)]).toEqual(colourAt(0, HEIGHT - 1))
  })
})

describe('JPEG inside', () => {
  /** The picture as JPEG of the best quality, in parts. */
  const jpeg = async (options: { chromaSubsampling?: string; progressive?: boolean } = {}) =>
    sharp(rgbBytes, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4', ...options })
      .toBuffer()
  /** Bodies of the segments with `marker`, and the bytes from the first scan's data on. */
  function parts(stream: Buffer) {
    const segments: { marker: number; body: Buffer }[] = []
    let at = 2
    for (; stream[at + 1] !== 0xda; at += 2 + stream.readUInt16BE(at + 2))
      segments.push({ marker: stream[at + 1]!, body: stream.subarray(at + 4, at + 2 + stream.readUInt16BE(at + 2)) })
    return { segments, data: stream.subarray(at + 2 + stream.readUInt16BE(at + 2), stream.length - 2) }
  }

  test('old-style, its tables in the file and its data without a header', async () => {
    const { segments, data } = parts(await jpeg())
    const bodies = (marker: number) => segments.filter((segment) => segment.marker === marker).map(({ body }) => body)
    // a table may stand with others in one segment
    const quantization = bodies(0xdb)
      .flatMap((body) => [body.subarray(1, 65), body.subarray(66, 131)])
      .filter(({ length }) => length >= 64)
    const huffman = bodies(0xc4).flatMap((body) => {
      const tables: { id: number; table: Buffer }[] = []
      for (let at = 0; at < body.length; ) {
        const length = 17 + body.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0)
        tables.push({ id: body[at]!, table: body.subarray(at + 1, at + length) })
        at += length
      }
      return tables
    })
    const table = (id: number) => huffman.find((one) => one.id === id)!.table
    const stored = [quantization[0]!, quantization[1] ?? quantization[0]!, table(0), table(1), table(0x10), table(0x11)]
    const starts: number[] = []
    const layout = (base: number): TagValue[] => {
      starts.splice(0)
      stored.reduce((at, { length }) => (starts.push(at), at + length), base)
      const [q0, q1, dc0, dc1, ac0, ac1] = starts as [number, number, number, number, number, number]
      return [
        [Tag.compression, [6]],
        [Tag.photometric, [6]],
        [Tag.yCbCrSubsampling, [1, 1]],
        [Tag.jpegQuantization, [q0, q1, q1]],
        [Tag.jpegDc, [dc0, dc1, dc1]],
        [Tag.jpegAc, [ac0, ac1, ac1]],
      ]
    }
    // the tables follow the data of the only strip
    const length = tiff({ tags: layout(1), blocks: [] }).length + 24
    const guess = tiff({ tags: layout(length), blocks: [data] }).length
    const file = Buffer.concat([tiff({ tags: layout(guess), blocks: [data] }), ...stored])
    expect(distance(await read(file), colours)).toBeLessThanOrEqual(3)
  })

  test('old-style, one whole stream that the file names', async () => {
    const stream = await jpeg()
    const tags = (at: number): TagValue[] => [
      [Tag.compression, [6]],
      [Tag.photometric, [6]],
      [Tag.jpegStream, [at]],
      [Tag.jpegStreamLength, [stream.length]],
    ]
    const at = tiff({ tags: tags(1), blocks: [Buffer.alloc(0)] }).length
    expect(distance(await read(tiff({ tags: tags(at), blocks: [stream] })), colours)).toBeLessThanOrEqual(3)
  })

  test('channels apart in tiles', async () => {
    const tiles = await Promise.all(
      [0, 1, 2].map((c) => {
        const plane = Buffer.from(Array.from({ length: 256 }, (_, i) => colours[i]?.[c as 0] ?? 0))
        return sharp(plane, { raw: { width: 16, height: 16, channels: 1 } })
          .toColourspace('b-w')
          .jpeg({ quality: 100 })
          .toBuffer()
      }),
    )
    const tags: TagValue[] = [
      [Tag.compression, [7]],
      [Tag.planar, [2]],
      [Tag.tileWidth, [16]],
      [Tag.tileHeight, [16]],
    ]
    expect(distance(await read(tiff({ tags, blocks: tiles, tiled: true })), colours)).toBeLessThanOrEqual(8)
  })

  test('a raw file of a camera shows the picture beside the raw data, turned, and says so', async () => {
    const stream = await jpeg()
    const preview: TagValue[] = [
      [Tag.newSubfileType, [1]],
      [Tag.compression, [6]],
      [Tag.photometric, [6]],
      [Tag.orientation, [8]],
    ]
    const raw: TagValue[] = [
      [Tag.width, [6000]],
      [Tag.height, [4000]],
      [Tag.photometric, [32_803]],
      [Tag.samples, [1]],
      [Tag.bits, [14]],
    ]
    const picture = await open(tiff({ tags: preview, blocks: [stream] }, { tags: raw, blocks: [Buffer.alloc(64)] }))
    expect(picture).toMatchObject({ width: HEIGHT, height: WIDTH, mime: 'image/tiff' })
    expect(picture.notes[0]).toMatch(/camera stored beside its raw data of 6000 x 4000 pixels/)
    const { data } = await picture.decode()
    expect([...data.subarray(0, 3)].map((value, c) => Math.abs(value - colourAt(WIDTH - 1, 0)[c as 0]!) <= 3)).toEqual([
      true,
      true,
      true,
    ])
    expect(await failure(open(tiff({ tags: raw, blocks: [Buffer.alloc(64)] })))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('raw file of a camera') as string,
    })
  })
})

describe('pages', () => {
  const red: Page = { tags: [[Tag.newSubfileType, [2]]], blocks: [bytes(colours.flatMap(() => [200, 10, 10]))] }
  const blue: Page = {
    tags: [
      [Tag.newSubfileType, [2]],
      [Tag.bits, [16]],
    ],
    blocks: [
      bytesOf(
        colours.flatMap(() => [2570, 2570, 51_400]),
        16,
        'u',
      ),
    ],
  }
  const small: Page = { tags: [[Tag.newSubfileType, [1]]], blocks: [bytes(colours.flatMap(() => [0, 0, 0]))] }
  const odd: Page = {
    tags: [
      [Tag.samples, [4]],
      [Tag.extraSamples, [0]],
    ],
    blocks: [bytes(colours.flatMap(() => [1, 99, 3, 0]))],
  }

  test('are counted without smaller copies, and each can be read', async () => {
    const file = tiff(red, small, blue, odd)
    const first = await open(file)
    expect(first).toMatchObject({ pages: 3, notes: ['Page 1 of 3 is shown.'] })
    expect(
      distance(
        await first.decode(),
        colours.map(() => [200, 10, 10]),
      ),
    ).toBe(0)
    const second = await open(file, 2)
    expect(second.notes).toEqual(['Page 2 of 3 is shown.'])
    expect(
      distance(
        await second.decode(),
        colours.map(() => [10, 10, 200]),
      ),
    ).toBe(0)
    expect(
      distance(
        await (await open(file, 3)).decode(),
        colours.map(() => [1, 99, 3]),
      ),
    ).toBe(0)
    expect(await failure(open(file, 4))).toMatchObject({
      code: 'InvalidInput',
      message: 'scan.tif has 3 pages; there is no page 4. Choose another one.',
    })
  })

  test('one page is not counted', async () => {
    const picture = await open(tiff(red, small))
    expect(picture.pages).toBeUndefined()
    expect(picture.notes).toEqual([])
  })

  test('a chain that leads back to itself ends', async () => {
    const file = tiff(red, blue)
    const second = file.readUInt32LE(8 + 2 + 12 * file.readUInt16LE(8))
    file.writeUInt32LE(8, second + 2 + 12 * file.readUInt16LE(second))
    expect((await open(file)).pages).toBe(2)
  })
})

describe('what cannot be read is called what it is', () => {
  test.each<[string, TagValue[], string]>([
    ['JPEG 2000', [[Tag.compression, [34_712]]], 'compressed as JPEG 2000'],
    ['LZMA', [[Tag.compression, [34_925]]], 'compressed as LZMA'],
    ['a method without a name', [[Tag.compression, [4711]]], 'compressed as method 4711'],
    ['SGI LogLuv', [[Tag.photometric, [32_845]]], 'SGI LogLuv colours'],
    [
      'complex numbers',
      [
        [Tag.bits, [64]],
        [Tag.sampleFormat, [6]],
      ],
      'complex numbers',
    ],
    [
      'inks that are not CMYK',
      [
        [Tag.photometric, [5]],
        [Tag.samples, [4]],
        [Tag.inkSet, [2]],
      ],
      'inks other than CMYK',
    ],
    ['channels of different depth', [[Tag.bits, [5, 6, 5]]], 'channels of different depth (5, 6, 5 bits)'],
  ])('%s', async (_, tags, words) => {
    const error = await failure(open(tiff({ tags, blocks: [rgbBytes] })))
    expect(error.code).toBe('UnsupportedMedia')
    expect(error.message).toContain(`scan.tif`)
    expect(error.message).toContain(words)
    expect(error.message).not.toMatch(/damaged/)
  })

  test('a file that is cut off is shown as far as it goes, and says how much is missing', async () => {
    const half = [0, 6].map((y) => bytes(colours.slice(y * WIDTH, (y + 6) * WIDTH).flat()))
    const whole = tiff({ tags: [[Tag.rowsPerStrip, [6]]], blocks: half })
    const picture = await open(whole.subarray(0, whole.length - half[1]!.length))
    expect(
      distance(
        await picture.decode(),
        colours.map((colour, i) => (i < WIDTH * 6 ? colour : [255, 255, 255])),
      ),
    ).toBe(0)
    expect(picture.notes).toEqual(['About 50 % of the picture is missing: its file is cut off or damaged.'])
  })

  test('a strip that cannot be unpacked costs that strip', async () => {
    const half = [0, 6].map((y) => deflateSync(bytes(colours.slice(y * WIDTH, (y + 6) * WIDTH).flat())))
    half[0]!.fill(0xff, 0, 8)
    const picture = await open(
      tiff({
        tags: [
          [Tag.rowsPerStrip, [6]],
          [Tag.compression, [8]],
        ],
        blocks: half,
      }),
    )
    expect(
      distance(
        await picture.decode(),
        colours.map((colour, i) => (i < WIDTH * 6 ? [255, 255, 255] : colour)),
      ),
    ).toBe(0)
    expect(picture.notes[0]).toContain('50 %')
  })

  test('nothing left, no directory, no size and lying sizes are damage', async () => {
    const whole = tiff({ blocks: [rgbBytes] })
    const head = whole.length - rgbBytes.length
    expect(await failure(open(whole.subarray(0, head)).then((picture) => picture.decode()))).toMatchObject({
      code: 'DamagedMedia',
    })
    expect(await failure(open(whole.subarray(0, 12)))).toMatchObject({ code: 'DamagedMedia' })
    expect(await failure(open(tiff({ tags: [[Tag.width, [0]]], blocks: [rgbBytes] })))).toMatchObject({
      code: 'DamagedMedia',
    })
    expect(await failure(open(tiff({ tags: [[Tag.width, [2 ** 31]]], blocks: [rgbBytes] })))).toMatchObject({
      code: 'MediaTooLarge',
    })
  })

  test('no byte of a file that is changed brings anything but a picture or an AppError', async () => {
    const whole = tiff({
      tags: [
        [Tag.bits, [16, 16, 16, 16]],
        [Tag.samples, [4]],
        [Tag.extraSamples, [0]],
        [Tag.compression, [5]],
      ],
      blocks: [Buffer.alloc(300, 7)],
    })
    for (let at = 4; at < whole.length - 290; at++) {
      const changed = Buffer.from(whole)
      changed[at] = changed[at]! ^ 0xff
      const error = await open(changed)
        .then((picture) => picture.decode())
        .then(
          () => null,
          (reason: unknown) => reason as Error,
        )
      if (error) expect(error.name).toBe('AppError')
    }
  })
})
