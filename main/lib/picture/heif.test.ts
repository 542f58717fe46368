import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { av1Colour } from './avif.ts'
import { readHeifFile } from './heifFile.ts'
import { stillOf } from './heifImage.ts'
import { openPicture } from './index.ts'
import { openFile } from './reader.ts'

const fixture = (name: string) => readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)))
const open = (bytes: Uint8Array, name = 'photo.heic') => openPicture({ bytes, name })
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )
/** The colours of the drawing's left half, and of its right one above and below. */
async function colours(bytes: Uint8Array): Promise<number[][]> {
  const { data, width, height } = await (await open(bytes)).decode()
  return [
    [0.25, 0.5],
    [0.75, 0.25],
    [0.75, 0.75],
  ].map(([x, y]) => {
    const at = (Math.floor(y! * height) * width + Math.floor(x! * width)) * 3
    return [...data.subarray(at, at + 3)]
  })
}
const near = (got: number[][], wanted: number[][], by = 3) =>
  expect(
    Math.max(...got.flat().map((value, i) => Math.abs(value - wanted.flat()[i]!))),
    JSON.stringify(got),
  ).toBeLessThanOrEqual(by)
const DRAWING = [
  [200, 60, 30],
  [40, 90, 200],
  [240, 240, 240],
]

/** 200,60,30 in Display P3, as sRGB. */
const P3_ORANGE = [217, 42, 0]
/** The same file with other numbers in its `nclx` boxes. */
function coded(
  bytes: Buffer,
  { primaries, transfer, fullRange }: { primaries?: number; transfer?: number; fullRange?: boolean },
): Buffer {
  const out = Buffer.from(bytes)
  for (let at = out.indexOf('nclx'); at >= 0; at = out.indexOf('nclx', at + 4)) {
    if (primaries !== undefined) out.writeUInt16BE(primaries, at + 4)
    if (transfer !== undefined) out.writeUInt16BE(transfer, at + 6)
    if (fullRange !== undefined) out[at + 10] = fullRange ? 0x80 : 0
  }
  return out
}

describe('HEIC', () => {
  test('is read in its colours', async () => {
    expect(await open(fixture('drawing.heic'))).toMatchObject({
      mime: 'image/heic',
      width: 64,
      height: 48,
      hasAlpha: false,
      notes: [],
    })
    near(await colours(fixture('drawing.heic')), DRAWING)
  })

  test('what is transparent is blended over white', async () => {
    expect((await open(fixture('alpha.heic'))).hasAlpha).toBe(true)
    near(await colours(fixture('alpha.heic')), [...DRAWING.slice(0, 2), [255, 255, 255]])
  })

  test('colours in Display P3, told by number, become sRGB', async () => {
    const file = await openFile({ bytes: fixture('drawing.heic'), name: '' })
    const tile = [...(await readHeifFile(file)).items.values()].find(({ type }) => type === 'hvc1')!
    const [place] = tile.extents
    const nclx = Buffer.from('nclx\0\x0c\0\x0d\0\x06\x80', 'latin1')
    const track = {
      handler: 'pict',
      codec: 'hvc1',
      width: 64,
      height: 64,
      pictures: 1,
      first: place!,
      properties: [...tile.properties.filter(({ type }) => type === 'hvcC'), { type: 'colr', data: nclx }],
    }
    const p3 = stillOf({ track, data: await file.readAt(place!.offset, place!.length) }, null)
    near((await colours(p3)).slice(0, 1), [P3_ORANGE])
  })

  test('HDR is shown as on an ordinary screen, and that is said', async () => {
    const file = await openFile({ bytes: fixture('drawing.heic'), name: '' })
    const tile = [...(await readHeifFile(file)).items.values()].find(({ type }) => type === 'hvc1')!
    const [place] = tile.extents
    const nclx = Buffer.from('nclx\0\x01\0\x10\0\x06\x80', 'latin1')
    const track = {
      handler: 'pict',
      codec: 'hvc1',
      width: 64,
      height: 64,
      pictures: 1,
      first: place!,
      properties: [...tile.properties.filter(({ type }) => type === 'hvcC'), { type: 'colr', data: nclx }],
    }
    const hdr = stillOf({ track, data: await file.readAt(place!.offset, place!.length) }, null)
    expect((await open(hdr)).notes).toEqual([expect.stringContaining('HDR')])
    // 200 is more light than an ordinary screen's white, 60 and 30 are nearly none
    const [[red, green, blue] = []] = await colours(hdr)
    expect([red! > 240, green! < 60, blue! < green!]).toEqual([true, true, true])
  })

  test('the main one of several is shown, which is said, and need not be the first', async () => {
    const two = fixture('two.heic')
    const picture = await open(two)
    expect(picture).toMatchObject({ pages: 2, notes: ['This file holds 2 pictures; its main one is shown.'] })
    near(await colours(two), DRAWING)
    const other = Buffer.from(two)
    const pitm = other.indexOf('pitm')
    const { items } = await readHeifFile(await openFile({ bytes: two, name: '' }))
    const second = [...items.values()].filter(({ type }) => type === 'grid').at(-1)!.id
    other.writeUInt16BE(second, pitm + 8)
    near(await colours(other), [
      [40, 40, 40],
      [220, 220, 220],
      [220, 220, 220],
    ])
  })

  test('a small copy of it, a resized one and one to look at come from the same pixels', async () => {
    const picture = await open(fixture('drawing.heic'))
    const resized = await picture.resized({ width: 64, height: 48 })
    expect(Buffer.compare(resized.data, (await picture.decode()).data)).toBe(0)
  })

  test('a size beyond all bounds is refused before anything is decoded', async () => {
    const huge = fixture('drawing.heic')
    const ispe = huge.lastIndexOf('ispe')
    huge.writeUInt32BE(40_000, ispe + 8)
    huge.writeUInt32BE(40_000, ispe + 12)
    expect(await failure(open(huge))).toMatchObject({
      code: 'MediaTooLarge',
      message: expect.stringContaining('photo.heic is 40000 x 40000') as string,
    })
  })

  test('what is coded in another way is called what it is, not damaged', async () => {
    const other = fixture('drawing.heic')
    const infe = other.indexOf('hvc1', other.indexOf('infe'))
    other.write('avc1', infe)
    expect(await failure(open(other))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('H.264 inside') as string,
    })
  })

  test('one that is cut off is damaged', async () => {
    const whole = fixture('drawing.heic')
    for (const length of [60, 300, whole.length - 200]) {
      const cut = whole.subarray(0, length)
      expect(await failure(open(cut).then((picture) => picture.decode()))).toMatchObject({ code: 'DamagedMedia' })
    }
  })

  test('whatever is changed in its header, it is shown or refused with a word', async () => {
    const whole = fixture('drawing.heic')
    for (let i = 0; i < 400; i += 3) {
      const changed = Buffer.from(whole)
      changed[i]! ^= 0x41
      const result = await open(changed)
        .then((picture) => picture.decode())
        .catch((error: unknown) => error)
      expect(result).toMatchObject(
        result instanceof Error ? { name: 'AppError' } : { width: expect.any(Number) as number },
      )
    }
  })
})

describe('AVIF', () => {
  test('grey that uses 16 to 235 only is expanded', async () => {
    near(await colours(fixture('grey-limited.avif')), [
      [28, 28, 28],
      [238, 238, 238],
      [238, 238, 238],
    ])
    near(await colours(coded(fixture('grey-limited.avif'), { fullRange: true })), [
      [40, 40, 40],
      [220, 220, 220],
      [220, 220, 220],
    ])
  })

  test('HDR is shown as on an ordinary screen, and that is said', async () => {
    const avif = coded(
      await sharp(Buffer.alloc(64 * 48 * 3, 148), { raw: { width: 64, height: 48, channels: 3 } })
        .avif({ lossless: true })
        .toBuffer(),
      { primaries: 9, transfer: 16 },
    )
    expect((await open(avif)).notes).toEqual([expect.stringContaining('HDR')])
    near((await colours(avif)).slice(0, 1), [[187, 187, 187]])
  })

  test('alpha that uses 16 to 235 only is expanded', async () => {
    const load = async (name: string) => {
      const file = await openFile({ bytes: fixture(name), name: '' })
      const { items } = await readHeifFile(file)
      const item = [...items.values()][0]!
      const place = item.extents[0]!
      const track = {
        handler: '',
        codec: 'av01',
        width: 64,
        height: 48,
        pictures: 1,
        first: place,
        properties: item.properties.filter(({ type }) => type === 'av1C'),
      }
      return { track, data: await file.readAt(place.offset, place.length) }
    }
    const still = stillOf(await load('sequence.avif'), await load('grey-limited.avif'))
    const picture = await open(still)
    expect(picture.hasAlpha).toBe(true)
    const blend = (rgb: number[], alpha: number) => rgb.map((value) => 255 + ((value - 255) * alpha) / 255)
    near(await colours(still), [blend(DRAWING[0]!, 28), blend(DRAWING[1]!, 238), blend(DRAWING[2]!, 238)])
  })

  test('primaries that are told by number alone', async () => {
    near(await colours(coded(fixture('sequence.avif'), { primaries: 1, transfer: 13 })), DRAWING)
    near((await colours(coded(fixture('sequence.avif'), { primaries: 12, transfer: 13 }))).slice(0, 1), [P3_ORANGE])
  })

  test('of a sequence the first picture is shown, which is said, also where the file has nothing but tracks', async () => {
    const sequence = fixture('sequence.avif')
    expect(sequence.toString('latin1', 8, 12)).toBe('avis')
    const picture = await open(sequence, 'sequence.avif')
    expect(picture).toMatchObject({
      mime: 'image/avif',
      width: 64,
      height: 48,
      pages: 5,
      notes: ['This is a sequence of 5 pictures; the first one is shown.'],
    })
    near(await colours(sequence), DRAWING)
    const tracksOnly = Buffer.from(sequence)
    tracksOnly.write('free', tracksOnly.indexOf('meta'))
    expect(await open(tracksOnly)).toMatchObject({ width: 64, height: 48, pages: 5 })
    near(await colours(tracksOnly), DRAWING)
  })

  test('a clean aperture is cut out', async () => {
    const file = await openFile({ bytes: fixture('sequence.avif'), name: '' })
    const [track] = (await readHeifFile(file)).tracks
    const clap = Buffer.alloc(32)
    ;[30, 1, 20, 1, -15, 1, 0, 1].forEach((value, i) => clap.writeInt32BE(value, i * 4))
    const cropped = { ...track!, properties: [...track!.properties, { type: 'clap', data: clap }] }
    const still = stillOf({ track: cropped, data: await file.readAt(track!.first.offset, track!.first.length) }, null)
    const picture = await open(still)
    const decoded = await picture.decode()
    expect([picture.width, picture.height, decoded.width, decoded.height]).toEqual([30, 20, 30, 20])
    near([[...decoded.data.subarray(0, 3)]], [[200, 60, 30]])
  })

  test('an AVIF under a HEIF brand is read too', async () => {
    const still = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'teal' } })
      .avif({ quality: 90 })
      .toBuffer()
    const heif = Buffer.from(still)
    for (let at = heif.indexOf('avif'); at >= 0 && at < 64; at = heif.indexOf('avif', at)) heif.write('heic', at)
    expect(await open(heif)).toMatchObject({ mime: 'image/avif', width: 40 })
    near((await colours(heif)).slice(0, 1), [[0, 128, 128]])
  })

  test('the sequence header of AV1 tells grey and range; nonsense tells nothing', () => {
    const picture = (name: string) => fixture(name).subarray(fixture(name).indexOf('mdat') + 4)
    expect(av1Colour(picture('grey-limited.avif'))).toEqual({ monochrome: true, fullRange: false })
    expect(av1Colour(picture('sequence.avif'))).toMatchObject({ monochrome: false })
    expect(av1Colour(Buffer.from([0x0a, 0x01]))).toBeNull()
    expect(av1Colour(Buffer.alloc(0))).toBeNull()
  })
})
