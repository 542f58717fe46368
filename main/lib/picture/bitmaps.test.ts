import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openIco } from './bitmaps.ts'
import { dibStride } from './dib.ts'
import { openPicture } from './index.ts'
import { openFile } from './reader.ts'

const open = (bytes: Uint8Array, name = 'drawing.bmp') => openPicture({ bytes, name })
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )
const [W, H] = [7, 5]
type Rgb = readonly [number, number, number]
/** Another colour for every pixel; the corner is a red. */
const colour = (x: number, y: number): Rgb => [240 - x * 30, y * 50, (x * 40 + y * 7) % 256]
const wanted = (of: (x: number, y: number) => Rgb = colour) =>
  Array.from({ length: W * H }, (_, i) => of(i % W, Math.floor(i / W))).flat()
const pixels = async (bytes: Uint8Array) => [...(await (await open(bytes)).decode()).data]

interface Dib {
  bits: number
  header?: number
  compression?: number
  masks?: readonly number[]
  palette?: readonly Rgb[]
  topDown?: boolean
  /** The stored rows, in their stored order; unset: of `value`. */
  data?: Buffer
  value?: (x: number, y: number) => number
  height?: number
}

/** A bitmap header with its palette and rows. */
function dib({
  bits,
  header = 40,
  compression = 0,
  masks = [],
  palette = [],
  topDown = false,
  data,
  value = () => 0,
  height = H,
}: Dib): {
  head: Buffer
  rows: Buffer
} {
  const head = Buffer.alloc(header)
  head.writeUInt32LE(header, 0)
  if (header === 12) {
    head.writeUInt16LE(W, 4)
    head.writeUInt16LE(height, 6)
    head.writeUInt16LE(1, 8)
    head.writeUInt16LE(bits, 10)
  } else {
    head.writeInt32LE(W, 4)
    head.writeInt32LE(topDown ? -height : height, 8)
    head.writeUInt16LE(1, 12)
    head.writeUInt16LE(bits, 14)
    head.writeUInt32LE(compression, 16)
    if (palette.length > 0) head.writeUInt32LE(palette.length, 32)
    if (header > 40) masks.forEach((mask, i) => head.writeUInt32LE(mask, 40 + i * 4))
  }
  const behind = header === 40 ? masks.map((mask) => Buffer.from(Uint32Array.of(mask).buffer)) : []
  const colours = palette.map(([r, g, b]) => Buffer.from(header === 12 ? [b, g, r] : [b, g, r, 0]))
  const stride = dibStride(W, bits)
  const rows = data ?? Buffer.alloc(stride * H)
  for (let y = 0; y < H && !data; y++)
    for (let x = 0; x < W; x++) {
      const at = (topDown ? y : H - 1 - y) * stride
      const number = value(x, y)
      if (bits >= 8) rows.writeUIntLE(number, at + (x * bits) / 8, bits / 8)
      else rows[at + Math.floor((x * bits) / 8)]! |= number << (8 - bits - ((x * bits) % 8))
    }
  return { head: Buffer.concat([head, ...behind, ...colours]), rows }
}

function bmp(of: Dib): Buffer {
  const { head, rows } = dib(of)
  const file = Buffer.alloc(14)
  file.write('BM')
  file.writeUInt32LE(14 + head.length + rows.length, 2)
  file.writeUInt32LE(14 + head.length, 10)
  return Buffer.concat([file, head, rows])
}

const rgb24 = (x: number, y: number) => {
  const [r, g, b] = colour(x, y)
  return (r << 16) | (g << 8) | b
}
const palette = (count: number): Rgb[] =>
  Array.from({ length: count }, (_, i) => [(i * 15) % 256, 255 - i, (i * 77) % 256])
const indexed = (count: number) => (x: number, y: number) => palette(count)[(x + y * W) % count]!

describe('BMP', () => {
  test.each<[string, Dib]>([
    ['24 bits', { bits: 24, value: rgb24 }],
    ['24 bits, the top row first', { bits: 24, topDown: true, value: rgb24 }],
    ['24 bits, OS/2', { bits: 24, header: 12, value: rgb24 }],
    ['24 bits, OS/2 2', { bits: 24, header: 64, value: rgb24 }],
    ['32 bits, whose fourth byte means nothing', { bits: 32, value: (x, y) => rgb24(x, y) + 0x55 * 2 ** 24 }],
    [
      '32 bits with masks',
      {
        bits: 32,
        compression: 3,
        masks: [0xff, 0xff00, 0xff0000],
        value: (x, y) => {
          const [r, g, b] = colour(x, y)
          return r | (g << 8) | (b << 16)
        },
      },
    ],
    [
      '32 bits of the clipboard: version 5, alpha opaque',
      {
        bits: 32,
        header: 124,
        compression: 3,
        masks: [0xff0000, 0xff00, 0xff, 0xff000000],
        value: (x, y) => rgb24(x, y) + 0xff * 2 ** 24,
      },
    ],
    [
      '32 bits of the clipboard whose alpha is 0 everywhere',
      { bits: 32, header: 124, compression: 3, masks: [0xff0000, 0xff00, 0xff, 0xff000000], value: rgb24 },
    ],
  ])('%s', async (_, of) => {
    expect(await pixels(bmp(of))).toEqual(wanted())
  })

  test.each([1, 2, 4, 8])('a palette of %i bits', async (bits) => {
    const count = 2 ** bits
    expect(await pixels(bmp({ bits, palette: palette(count), value: (x, y) => (x + y * W) % count }))).toEqual(
      wanted(indexed(count)),
    )
  })

  test('a palette with fewer colours than its bits could name; a number beyond it is black', async () => {
    const got = await pixels(bmp({ bits: 8, palette: palette(3), value: (x, y) => (x + y * W) % 4 }))
    expect(got).toEqual(wanted((x, y) => ((x + y * W) % 4 === 3 ? [0, 0, 0] : indexed(4)(x, y))))
  })

  test('16 bits: 5 for each colour, or as masks say', async () => {
    const five = (value: number) => Math.round((Math.round((value / 255) * 31) * 255) / 31)
    const parts = (x: number, y: number) =>
      colour(x, y).map((value) => Math.round((value / 255) * 31)) as [number, number, number]
    const plain = bmp({
      bits: 16,
      value: (x, y) => {
        const [r, g, b] = parts(x, y)
        return (r << 10) | (g << 5) | b
      },
    })
    expect(await pixels(plain)).toEqual(wanted((x, y) => colour(x, y).map(five) as unknown as Rgb))
    const masked = bmp({
      bits: 16,
      compression: 3,
      masks: [0xf800, 0x7e0, 0x1f],
      value: (x, y) => {
        const [r, g, b] = parts(x, y)
        return (r << 11) | (Math.round((g * 63) / 31) << 5) | b
      },
    })
    const got = await pixels(masked)
    expect(
      Math.max(
        ...got.map((value, i) => Math.abs(value - wanted((x, y) => colour(x, y).map(five) as unknown as Rgb)[i]!)),
      ),
    ).toBeLessThanOrEqual(5)
  })

  test('alpha that is used is blended over white', async () => {
    const half = bmp({
      bits: 32,
      header: 108,
      compression: 3,
      masks: [0xff0000, 0xff00, 0xff, 0xff000000],
      value: (x) => (x < 3 ? 0 : 0xff0000 + 0xff * 2 ** 24),
    })
    const picture = await open(half)
    expect(picture.hasAlpha).toBe(true)
    expect([...(await picture.decode()).data.subarray(0, 12)]).toEqual([...Array<number>(9).fill(255), 255, 0, 0])
  })

  test('packed rows of 8 and 4 bits: runs, single pixels, jumps and ends of lines', async () => {
    const colours = palette(16)
    const run8 = Buffer.from([7, 1, 0, 0, 0, 3, 2, 3, 4, 0, 4, 5, 0, 0, 0, 2, 0, 1, 7, 6, 0, 0, 7, 7, 0, 1])
    const got = await pixels(bmp({ bits: 8, compression: 1, palette: colours, data: run8 }))
    const row = (y: number) => got.slice(y * W * 3, (y + 1) * W * 3)
    expect(row(4)).toEqual(Array.from({ length: 7 }, () => colours[1]!).flat())
    expect(row(3)).toEqual([2, 3, 4, 5, 5, 5, 5].flatMap((i) => colours[i]!))
    expect(row(2)).toEqual(Array<number>(21).fill(255))
    expect(row(1)).toEqual(Array.from({ length: 7 }, () => colours[6]!).flat())
    const run4 = Buffer.from([7, 0x12, 0, 0, 0, 5, 0x34, 0x56, 0x70, 0, 2, 0x88, 0, 1])
    const four = await pixels(bmp({ bits: 4, compression: 2, palette: colours, data: run4 }))
    expect(four.slice(4 * W * 3)).toEqual([1, 2, 1, 2, 1, 2, 1].flatMap((i) => colours[i]!))
    expect(four.slice(3 * W * 3, 4 * W * 3)).toEqual([3, 4, 5, 6, 7, 8, 8].flatMap((i) => colours[i]!))
  })

  test('one that is cut off is shown, and the upper part, which is stored last, is missing', async () => {
    const whole = bmp({ bits: 24, value: rgb24 })
    const picture = await open(whole.subarray(0, whole.length - 2 * dibStride(W, 24) + 3))
    const got = [...(await picture.decode()).data]
    expect(got.slice(0, 2 * W * 3)).toEqual(Array<number>(2 * W * 3).fill(255))
    expect(got.slice(2 * W * 3)).toEqual(wanted().slice(2 * W * 3))
    expect(picture.notes).toEqual(['The upper 40 % of the picture is missing: its file is cut off or damaged.'])
  })

  test('a size beyond all bounds, a header of no known form, another file inside', async () => {
    const huge = bmp({ bits: 24, value: rgb24 })
    huge.writeInt32LE(60_000, 18)
    huge.writeInt32LE(60_000, 22)
    expect(await failure(open(huge))).toMatchObject({ code: 'MediaTooLarge' })
    const odd = bmp({ bits: 24, value: rgb24 })
    odd.writeUInt32LE(41, 14)
    expect(await failure(open(odd))).toMatchObject({ code: 'DamagedMedia' })
    const packed = bmp({ bits: 24, value: rgb24 })
    packed.writeUInt32LE(4, 30)
    packed.writeUInt16LE(0, 28)
    expect(await failure(open(packed))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('a BMP with a JPEG picture inside') as string,
    })
  })

  test('whatever is changed in it, it is shown or refused with a word', async () => {
    const whole = bmp({ bits: 8, compression: 1, palette: palette(16), data: Buffer.from([7, 1, 0, 0, 7, 2, 0, 1]) })
    for (let i = 14; i < whole.length; i++)
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = Buffer.from(whole)
        changed[i] = value
        const result = await open(changed)
          .then((picture) => picture.decode())
          .catch((error: unknown) => error)
        expect(result).toMatchObject(
          result instanceof Error ? { name: 'AppError' } : { width: expect.any(Number) as number },
        )
      }
  })
})

/** An icon file of these pictures, each with the size that its directory states. */
function icon(pictures: { side: number; bytes: Buffer }[], type = 1): Buffer {
  const directory = Buffer.alloc(6 + pictures.length * 16)
  directory.writeUInt16LE(type, 2)
  directory.writeUInt16LE(pictures.length, 4)
  let at = directory.length
  pictures.forEach(({ side, bytes }, i) => {
    directory[6 + i * 16] = side
    directory[7 + i * 16] = side
    directory.writeUInt32LE(bytes.length, 14 + i * 16)
    directory.writeUInt32LE(at, 18 + i * 16)
    at += bytes.length
  })
  return Buffer.concat([directory, ...pictures.map(({ bytes }) => bytes)])
}

describe('ICO and CUR', () => {
  const small = async (side: number, background: string) => ({
    side,
    bytes: await sharp({ create: { width: side, height: side, channels: 4, background } })
      .png()
      .toBuffer(),
  })
  /** With its mask behind it: the left column is transparent. */
  const masked = (of: Dib) => {
    const { head, rows } = dib({ ...of, height: H * 2 })
    const mask = Buffer.concat(Array.from({ length: H }, () => Buffer.from([0x80, 0, 0, 0])))
    return { side: W, bytes: Buffer.concat([head, rows, mask]) }
  }
  const whiteLeft = wanted((x, y) => (x === 0 ? [255, 255, 255] : colour(x, y)))

  test('the largest picture is taken', async () => {
    const picture = await open(
      icon([await small(16, 'red'), await small(48, 'blue'), await small(32, 'lime')]),
      'app.ico',
    )
    expect(picture).toMatchObject({ width: 48, height: 48, mime: 'image/x-icon', pages: 3, notes: [] })
    expect([...(await picture.decode()).data.subarray(0, 3)]).toEqual([0, 0, 255])
  })

  test('bitmaps with a mask, of 24 bits and of 32 bits without alpha; a cursor', async () => {
    expect(await pixels(icon([masked({ bits: 24, value: rgb24 })]))).toEqual(whiteLeft)
    expect(await pixels(icon([masked({ bits: 32, value: rgb24 })], 2))).toEqual(whiteLeft)
  })

  test('with alpha the mask means nothing', async () => {
    const used = masked({ bits: 32, value: (x, y) => rgb24(x, y) + 0xff * 2 ** 24 })
    expect(await pixels(icon([used]))).toEqual(wanted())
  })

  test('of many pictures that share their bytes only the one that is taken is read in full', async () => {
    const count = 200
    const { bytes } = await small(64, 'red')
    const file = icon(Array.from({ length: count }, () => ({ side: 64, bytes: Buffer.alloc(0) })))
    for (let i = 0; i < count; i++) {
      file.writeUInt32LE(1_000_000, 14 + i * 16)
      file.writeUInt32LE(file.length, 18 + i * 16)
    }
    const opened = await openFile({
      bytes: Buffer.concat([file, bytes, Buffer.alloc(1_000_000 - bytes.length)]),
      name: 'app.ico',
    })
    let read = 0
    const counted = async (offset: number, length: number) => {
      read += length
      return opened.readAt(offset, length)
    }
    expect(await openIco({ ...opened, readAt: counted })).toMatchObject({ width: 64, height: 64, pages: count })
    expect(read).toBeLessThan(2_000_000)
  })

  test('one without a readable picture is damaged', async () => {
    expect(await failure(open(icon([{ side: 16, bytes: Buffer.alloc(80, 7) }]), 'app.ico'))).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('app.ico') as string,
    })
  })
})
