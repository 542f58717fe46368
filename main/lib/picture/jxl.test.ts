import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { openPicture } from './index.ts'
import { jxlClock } from './jxlTiming.ts'
import { DRAWING, DRAWING_SIZE, OVER_WHITE, coloursOf } from './testing/pictures.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

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

  test('one that moves shows its first picture, and becomes a WebP that moves in its times', async () => {
    const picture = await openPicture({ bytes: fixture('moving.jxl'), name: 'loop.jxl' })
    expect(picture).toMatchObject({ mime: 'image/jxl', width: 24, height: 16, pages: 3 })
    const [red = 0, green = 0] = (await picture.decode()).data
    expect([red > 240, green < 20]).toEqual([true, true])
    const target = join(folder.path, 'view')
    expect(await picture.writeView(target)).toBe('image/webp')
    const view = sharp(target, { animated: true })
    expect(await view.metadata()).toMatchObject({ format: 'webp', pages: 3, delay: [100, 300, 200], pageHeight: 16 })
    const { data } = await view.raw().toBuffer({ resolveWithObject: true })
    const last = data.subarray(data.length - 3)
    expect(data.length).toBe(24 * 16 * 3 * 3)
    expect([last[0]! < 20, last[2]! > 240]).toEqual([true, true])
  })

  test('the clock of one that moves is told by its header, in a container too; others have none', () => {
    const file = fixture('moving.jxl')
    expect(jxlClock(file)).toEqual({ ticks: 100, per: 1 })
    const box = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from('jxlc'), file])
    const head = Buffer.from([0, 0, 0, 12, ...Buffer.from('JXL '), 0x0d, 0x0a, 0x87, 0x0a])
    expect(jxlClock(Buffer.concat([head, box]))).toEqual({ ticks: 100, per: 1 })
    expect([fixture('drawing.jxl'), head, file.subarray(0, 3), Buffer.alloc(1)].map(jxlClock)).toEqual([
      null,
      null,
      null,
      null,
    ])
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
