import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { openPicture } from './index.ts'
import { DRAWING, DRAWING_SIZE, OVER_WHITE, coloursOf } from './testing/pictures.ts'

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)))
const failure = (bytes: Uint8Array, name: string) =>
  coloursOf(bytes, name).then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )

/** Bits of a number, the lowest first. */
const number = (value: number, bits: number): number[] =>
  Array.from({ length: bits }, (_, n) => Math.floor(value / 2 ** n) % 2)

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
    // 20,000 x 20,000: both sides of 30 bits, no ratio, all else as usual
    const side = [...number(3, 2), ...number(19_999, 30)]
    const bytes = Buffer.alloc(64)
    bytes.set([0xff, 0x0a])
    ;[0, ...side, ...number(0, 3), ...side, 1].forEach((bit, n) => (bytes[2 + (n >> 3)]! |= bit << (n & 7)))
    expect(await failure(bytes, 'huge.jxl')).toMatchObject({
      code: 'MediaTooLarge',
      message: expect.stringMatching(/^huge\.jxl is 20000 x 20000 pixels/) as string,
    })
  })

  test.each([
    ['cut in its header', () => Buffer.from('\xff\x0a', 'latin1')],
    ['cut in its picture', () => fixture('drawing.jxl').subarray(0, 30)],
    ['of other bytes', () => Buffer.concat([Buffer.from('\xff\x0a', 'latin1'), Buffer.alloc(200, 0xa5)])],
  ])('%s it is refused by its name', async (_, bytes) => {
    expect(await failure(bytes(), 'photo.jxl')).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('photo.jxl') as string,
    })
  })
})
