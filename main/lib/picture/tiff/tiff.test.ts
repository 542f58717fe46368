import { deflateSync, zstdCompressSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { Tag } from './directory.ts'
import type { TagValue } from './encode.ts'
import {
  WIDTH,
  HEIGHT,
  colourAt,
  colours,
  greys,
  tiff,
  open,
  read,
  failure,
  distance,
  asColours,
  bytesOf,
  packed,
  bytes,
  rgbBytes,
  grey,
} from './testing/tiffFile.ts'
import type { Page } from './testing/tiffFile.ts'

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
    expect(second.notes).toEqual([])
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
