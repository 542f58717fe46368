import { describe, expect, test } from 'vitest'
import { openPicture } from './index.ts'
import { DRAWING, DRAWING_SIZE, coloursOf, drawn } from './testing/pictures.ts'
import { psd, resource } from './testing/psdFile.ts'

const { height } = DRAWING_SIZE
const PIXELS = DRAWING_SIZE.width * height

const plane = (channel: number, of = DRAWING, map = (value: number) => value) =>
  Buffer.from(drawn((part) => [map(of[part]![channel]!)]))
const rgb = [0, 1, 2].map((channel) => plane(channel))
const failure = (bytes: Buffer) =>
  coloursOf(bytes, 'design.psd').then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )

describe('PSD', () => {
  test.each([
    ['as it is', psd({ planes: rgb })],
    ['packed', psd({ planes: rgb, packed: true })],
    ['of more than 2 GB (PSB)', psd({ planes: rgb, packed: true, large: true })],
    [
      'with opacity, which its colours are already laid over white by',
      psd({ planes: [...rgb, Buffer.alloc(PIXELS, 9)] }),
    ],
    [
      'of 16 bits',
      psd({ bits: 16, planes: rgb.map((one) => Buffer.from([...one].flatMap((value) => [value, value]))) }),
    ],
  ])('%s', async (_, bytes) => {
    expect(await openPicture({ bytes, name: 'design.psd' })).toMatchObject({
      mime: 'image/vnd.adobe.photoshop',
      ...DRAWING_SIZE,
    })
    expect(await coloursOf(bytes)).toEqual(DRAWING)
  })

  test('inks are what they leave of the paper', async () => {
    const inks = [
      [255, 0, 0, 255],
      [0, 255, 0, 255],
      [255, 255, 255, 0],
    ]
    const bytes = psd({ mode: 4, planes: [0, 1, 2, 3].map((channel) => plane(channel, inks)) })
    expect(await coloursOf(bytes)).toEqual([
      [255, 0, 0],
      [0, 255, 0],
      [0, 0, 0],
    ])
  })

  test('a palette, black and white, Lab', async () => {
    const palette = Buffer.alloc(768)
    DRAWING.forEach((colour, part) => colour.forEach((value, c) => (palette[c * 256 + part] = value)))
    const indices = Buffer.from(drawn((part) => [part]))
    expect(await coloursOf(psd({ mode: 2, planes: [indices], modeData: palette }))).toEqual(DRAWING)
    const row = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]
    const lines = Buffer.from(Array.from({ length: height }, () => row).flat())
    expect(await coloursOf(psd({ mode: 0, bits: 1, planes: [lines] }))).toEqual([
      [0, 0, 0],
      [255, 255, 255],
      [255, 255, 255],
    ])
    const lab = [
      [0, 128, 128],
      [255, 128, 128],
      [137, 208, 195],
    ]
    const [black, white, red] = await coloursOf(
      psd({ mode: 9, planes: [0, 1, 2].map((channel) => plane(channel, lab)) }),
    )
    expect([black, white]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ])
    // L 54, a 80, b 67
    expect(red![0]).toBeGreaterThan(240)
    expect(Math.max(red![1]!, red![2]!)).toBeLessThan(30)
  })

  test('one whose end is missing shows what is there', async () => {
    const bytes = psd({ planes: rgb })
    const picture = await openPicture({ bytes: bytes.subarray(0, bytes.length - PIXELS / 2), name: 'design.psd' })
    await picture.decode()
    expect(picture.notes).toEqual([expect.stringContaining('of the picture is missing') as string])
  })

  test('without a picture of all layers it says how to save one', async () => {
    const version = resource(1057, Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0]))
    expect(await failure(psd({ planes: rgb, resources: version }))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('Maximize compatibility') as string,
    })
    expect(await coloursOf(psd({ planes: rgb, resources: resource(1057, Buffer.from([0, 0, 0, 1, 1])) }))).toEqual(
      DRAWING,
    )
  })

  test.each([
    ['cut in its header', Buffer.from('8BPS\0\x01'), 'DamagedMedia'],
    ['cut before its picture', psd({ planes: rgb }).subarray(0, 40), 'DamagedMedia'],
    ['with a colour too few', psd({ planes: rgb.slice(0, 2) }), 'DamagedMedia'],
    ['in a mode that nobody knows', psd({ mode: 12, planes: rgb }), 'UnsupportedMedia'],
    ['of 30,000 x 30,000 pixels', psd({ planes: rgb, size: [30_000, 30_000] }), 'MediaTooLarge'],
  ])('%s it is refused', async (_, bytes, code) => {
    expect(await failure(bytes)).toMatchObject({ code, message: expect.stringContaining('design.psd') as string })
  })
})
