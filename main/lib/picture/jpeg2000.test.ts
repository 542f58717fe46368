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
