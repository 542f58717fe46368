import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openPicture } from './index.ts'
import { DRAWING, DRAWING_SIZE, coloursOf } from './testing/pictures.ts'
import { limitMemory } from './wasmMemory.ts'

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)))
const failure = (bytes: Uint8Array, name: string) =>
  coloursOf(bytes, name).then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )
const OVER_WHITE = [...DRAWING.slice(0, 2), [255, 255, 255]]

describe('JPEG XL', () => {
  test('is read in its colours', async () => {
    const picture = await openPicture({ bytes: fixture('drawing.jxl'), name: 'photo.jxl' })
    expect(picture).toMatchObject({ mime: 'image/jxl', ...DRAWING_SIZE, hasAlpha: false, notes: [] })
    expect(await coloursOf(fixture('drawing.jxl'))).toEqual(DRAWING)
  })

  test('what is transparent is over white', async () => {
    expect((await openPicture({ bytes: fixture('alpha.jxl'), name: 'photo.jxl' })).hasAlpha).toBe(true)
    expect(await coloursOf(fixture('alpha.jxl'))).toEqual(OVER_WHITE)
  })

  test('a size beyond all bounds is refused before anything is decoded', async () => {
    // a header of 2^30 x 2^30 pixels: both sides of 30 bits, no ratio
    const sides = [
      ...number(0, 1),
      ...number(3, 2),
      ...number(2 ** 30 - 1, 30),
      ...number(0, 3),
      ...number(3, 2),
      ...number(2 ** 30 - 1, 30),
    ]
    const bytes = Buffer.alloc(64)
    bytes.set([0xff, 0x0a])
    ;[...sides, 1].forEach((bit, n) => (bytes[2 + (n >> 3)]! |= bit << (n & 7)))
    expect(await failure(bytes, 'huge.jxl')).toMatchObject({
      code: expect.stringMatching(/MediaTooLarge|DamagedMedia/) as string,
    })
  })

  test.each([
    ['cut in its header', () => Buffer.from('\xff\x0a', 'latin1')],
    ['cut in its picture', () => fixture('drawing.jxl').subarray(0, 30)],
    ['of other bytes', () => Buffer.concat([Buffer.from('\xff\x0a', 'latin1'), Buffer.alloc(200, 0xa5)])],
  ])('%s it is refused by its name', async (_, bytes) => {
    expect(await failure(bytes(), 'photo.jxl')).toMatchObject({
      code: expect.stringMatching(/DamagedMedia|MediaTooLarge/) as string,
      message: expect.stringContaining('photo.jxl') as string,
    })
  })
})

/** Bits of a number, the lowest first. */
const number = (value: number, bits: number): number[] =>
  Array.from({ length: bits }, (_, n) => Math.floor(value / 2 ** n) % 2)

describe('JPEG 2000', () => {
  test.each(['drawing.jp2', 'drawing.j2k'])('%s is read in its colours', async (name) => {
    const picture = await openPicture({ bytes: fixture(name), name })
    expect(picture).toMatchObject({ mime: 'image/jp2', ...DRAWING_SIZE, notes: [] })
    expect(await coloursOf(fixture(name))).toEqual(DRAWING)
  })

  test('what is transparent is over white', async () => {
    expect(await coloursOf(fixture('alpha.jp2'))).toEqual(OVER_WHITE)
  })

  test.each([
    ['cut before its picture', () => fixture('drawing.jp2').subarray(0, 60), 'DamagedMedia'],
    ['cut in its picture', () => fixture('drawing.jp2').subarray(0, 200), 'DamagedMedia'],
    [
      'of 60,000 x 60,000 pixels',
      () => {
        const bytes = Buffer.from(fixture('drawing.j2k'))
        bytes.writeUInt32BE(60_000, 8)
        bytes.writeUInt32BE(60_000, 12)
        return bytes
      },
      'MediaTooLarge',
    ],
    [
      'of nine channels',
      () => {
        const bytes = Buffer.from(fixture('drawing.j2k'))
        bytes.writeUInt16BE(9, 40)
        return bytes
      },
      'UnsupportedMedia',
    ],
  ])('%s it is refused by its name', async (_, bytes, code) => {
    expect(await failure(bytes(), 'scan.jp2')).toMatchObject({
      code,
      message: expect.stringContaining('scan.jp2') as string,
    })
  })
})

describe('memory of WebAssembly', () => {
  const decoder = readFileSync(
    createRequire(import.meta.url)
      .resolve('jxl-oxide-wasm/package.json')
      .replace('package.json', 'jxl_oxide_wasm_bg.wasm'),
  )

  test('grows to its limit and no further', async () => {
    // (module (memory (export "m") 1))
    const module = Buffer.from('0061736d010000000503010001070501016d0200', 'hex')
    const { instance } = await WebAssembly.instantiate(limitMemory(module, 3 * 65_536), {})
    const memory = instance.exports['m'] as unknown as { grow(pages: number): number; buffer: ArrayBuffer }
    expect(memory.grow(2)).toBe(1)
    expect(memory.buffer.byteLength).toBe(3 * 65_536)
    expect(() => memory.grow(1)).toThrow(RangeError)
  })

  test('of the decoder of JPEG XL can be limited', () => {
    expect(limitMemory(decoder, 2 ** 30).length).toBeGreaterThan(decoder.length)
  })

  test('a module without memory of its own is refused', () => {
    expect(() => limitMemory(Buffer.from('0061736d01000000', 'hex'), 2 ** 30)).toThrow('cannot be limited')
  })
})
