import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { openPicture, resizeBicubic } from './index.ts'
import { openFile } from './reader.ts'
import { overWhite } from './resize.ts'

const goldens = fileURLToPath(new URL('../../testing/goldens/', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'picture-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface GoldenImage {
  image: string
  mode: string
  width: number
  height: number
  resized_height_width: [number, number]
  resized_rgb: { file: string }
  resized_rgb_on_white_qwen_vl_utils_new?: { file: string }
}

const { images } = JSON.parse(readFileSync(`${goldens}common/preprocess.json`, 'utf8')) as { images: GoldenImage[] }
const open = (bytes: Uint8Array, name = 'test.png') => openPicture({ bytes, name })
const decode = async (bytes: Uint8Array) => (await open(bytes)).decode()
const pixel = (picture: { data: Uint8Array; width: number }, x: number, y: number) => [
  ...picture.data.subarray((y * picture.width + x) * 3, (y * picture.width + x) * 3 + 3),
]

/** One value per pixel and channel, different everywhere. */
const ramp = (width: number, height: number, channels: 1 | 2 | 3 | 4) => {
  const data = Buffer.from(Array.from({ length: width * height * channels }, (_, i) => (i * 37 + (i >> 5)) & 255))
  return { data, source: sharp(data, { raw: { width, height, channels } }) }
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have been refused'),
    (error: unknown) => error,
  )

test('a length that a file states takes no more memory than the file has bytes', async () => {
  const path = join(folder, 'short.heic')
  writeFileSync(path, 'twelve bytes')
  const file = await openFile({ path })
  expect((await file.readAt(7, 2 ** 40)).toString()).toBe('bytes')
  expect(await file.readAt(2 ** 40, 100)).toHaveLength(0)
})

describe('pixels equal the reference', () => {
  test.each(images)('$image ($mode $width x $height)', async (golden) => {
    const picture = await openPicture({ path: goldens + golden.image })
    expect(picture).toMatchObject({
      width: golden.width,
      height: golden.height,
      mime: 'image/png',
      hasAlpha: golden.mode.endsWith('A'),
    })
    const [height, width] = golden.resized_height_width
    const read = ({ file }: { file: string }) => readFileSync(`${goldens}common/${file}`)
    const dropped = resizeBicubic(await picture.decode({ alpha: 'drop' }), { width, height })
    expect(Buffer.compare(dropped.data, read(golden.resized_rgb))).toBe(0)
    const white = golden.resized_rgb_on_white_qwen_vl_utils_new ?? (picture.hasAlpha ? null : golden.resized_rgb)
    if (white)
      expect(Buffer.compare(resizeBicubic(await picture.decode(), { width, height }).data, read(white))).toBe(0)
  })
})

describe('whatever a picture is stored as becomes sRGB, 8 bits, three channels', () => {
  test('16-bit values keep their high byte', async () => {
    const wide = Uint16Array.from({ length: 64 * 3 }, (_, i) => (i * 331) & 0xffff)
    const png = await sharp(wide, { raw: { width: 8, height: 8, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect((await sharp(png).metadata()).depth).toBe('ushort')
    expect([...(await decode(png)).data]).toEqual([...wide].map((value) => value >> 8))
  })

  test('16-bit grey', async () => {
    const wide = Uint16Array.from({ length: 64 }, (_, i) => i * 1000)
    const png = await sharp(wide, { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer()
    expect((await sharp(png).metadata()).depth).toBe('ushort')
    expect([...(await decode(png)).data]).toEqual([...wide].flatMap((value) => [value >> 8, value >> 8, value >> 8]))
  })

  test('grey is replicated, a palette is looked up', async () => {
    const grey = ramp(16, 8, 1)
    const greyPng = await grey.source.toColourspace('b-w').png().toBuffer()
    expect([...(await decode(greyPng)).data]).toEqual([...grey.data].flatMap((value) => [value, value, value]))
    const flat = Buffer.from(Array.from({ length: 64 }, (_, i) => (i % 2 ? [200, 30, 40] : [10, 20, 250])).flat())
    const palette = await sharp(flat, { raw: { width: 8, height: 8, channels: 3 } })
      .png({ palette: true, colours: 4 })
      .toBuffer()
    expect((await sharp(palette).metadata()).isPalette).toBe(true)
    expect([...(await decode(palette)).data]).toEqual([...flat])
  })

  test('an ICC profile is applied: the same colour in Display P3 comes out as in sRGB', async () => {
    const orange = { r: 200, g: 120, b: 60 }
    const p3 = await sharp({ create: { width: 8, height: 8, channels: 3, background: orange } })
      .withIccProfile('p3')
      .png()
      .toBuffer()
    expect((await sharp(p3).metadata()).icc).toBeDefined()
    const stored = pixel(
      await sharp(p3, { ignoreIcc: true })
        .raw()
        .toBuffer({ resolveWithObject: true })
        .then(({ data }) => ({ data, width: 8 })),
      4,
      4,
    )
    const read = pixel(await decode(p3), 4, 4)
    expect(stored[0]).not.toBe(orange.r)
    read.forEach((value, i) => expect(Math.abs(value - [orange.r, orange.g, orange.b][i]!)).toBeLessThanOrEqual(3))
  })

  test('an sRGB profile changes nothing', async () => {
    const { data, source } = ramp(16, 16, 3)
    const png = await source.withIccProfile('srgb').png().toBuffer()
    expect((await sharp(png).metadata()).icc).toBeDefined()
    expect([...(await decode(png)).data]).toEqual([...data])
  })

  test('every EXIF orientation is applied to size and pixels', async () => {
    for (let orientation = 1; orientation <= 8; orientation++) {
      const { source } = ramp(24, 16, 3)
      const jpeg = await source
        .withMetadata({ orientation })
        .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer()
      const picture = await open(jpeg, 'photo.jpg')
      const turned = orientation >= 5
      expect([picture.width, picture.height]).toEqual(turned ? [16, 24] : [24, 16])
      const stored = { data: await sharp(jpeg).raw().toBuffer(), width: 24 }
      const decoded = await picture.decode()
      expect([decoded.width, decoded.height]).toEqual([picture.width, picture.height])
      const corner = { 1: [0, 0], 2: [23, 0], 3: [23, 15], 4: [0, 15], 5: [0, 0], 6: [0, 15], 7: [23, 15], 8: [23, 0] }[
        orientation
      ] as [number, number]
      expect(pixel(decoded, 0, 0)).toEqual(pixel(stored, ...corner))
    }
  })

  test('alpha is blended over white, also with grey, a palette or 16 bits', async () => {
    const half = Buffer.from([...Array(32).fill([0, 0]), ...Array(32).fill([100, 255])].flat() as number[])
    const grey = await sharp(half, { raw: { width: 8, height: 8, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(2)
    const { data } = await decode(grey)
    expect([data[0], data[data.length - 1]]).toEqual([255, 100])
    const clear = sharp({ create: { width: 8, height: 8, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
    for (const png of [
      await clear.clone().png({ palette: true }).toBuffer(),
      await clear.clone().toColourspace('rgb16').png().toBuffer(),
    ]) {
      expect(pixel(await decode(png), 3, 3)).toEqual([255, 255, 255])
    }
  })

  test('blending rounds as the reference for every value and alpha', () => {
    const pixels = new Uint8Array(65536 * 4)
    for (let i = 0; i < 65536; i++) pixels.set([i & 255, i & 255, i & 255, i >> 8], i * 4)
    const blended = overWhite(pixels, 4)
    for (let i = 0; i < 65536; i++) {
      const exact = (255 * (255 - (i >> 8)) + (i & 255) * (i >> 8)) / 255
      if (Math.abs(blended[i * 3]! - exact) > 0.5)
        expect.fail(`value ${i & 255} alpha ${i >> 8}: ${blended[i * 3]} for ${exact}`)
    }
  })

  test('an animation is its first frame', async () => {
    const frames = [
      [255, 0, 0],
      [0, 0, 255],
    ].map(([r, g, b]) => ({
      create: { width: 16, height: 16, channels: 3 as const, background: { r: r!, g: g!, b: b! } },
    }))
    const pages = await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer()))
    for (const animation of [
      await sharp(pages, { join: { animated: true } })
        .gif()
        .toBuffer(),
      await sharp(pages, { join: { animated: true } })
        .webp({ lossless: true })
        .toBuffer(),
    ]) {
      expect((await sharp(animation).metadata()).pages).toBe(2)
      const decoded = await decode(animation)
      expect([decoded.width, decoded.height, ...pixel(decoded, 8, 8)]).toEqual([16, 16, 255, 0, 0])
    }
  })

  test('AVIF and TIFF are read', async () => {
    const { source } = ramp(32, 32, 3)
    for (const [mime, bytes] of [
      ['image/avif', await source.clone().avif().toBuffer()],
      ['image/tiff', await source.clone().tiff().toBuffer()],
    ] as const) {
      const picture = await open(bytes)
      expect(picture.mime).toBe(mime)
      expect((await picture.decode()).data.length).toBe(32 * 32 * 3)
    }
  })
})

describe('what is refused', () => {
  const write = (name: string, bytes: string | Uint8Array) => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const png = () => ramp(200, 200, 3).source.png().toBuffer()

  test('a missing file, a folder, an empty file', async () => {
    expect(await failure(openPicture({ path: join(folder, 'none.png') }))).toMatchObject({
      code: 'MediaNotFound',
      message: expect.stringContaining('none.png was not found') as string,
    })
    expect(await failure(openPicture({ path: folder }))).toMatchObject({ code: 'UnsupportedMedia' })
    expect(await failure(openPicture({ path: write('empty.png', '') }))).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('empty.png is empty') as string,
    })
  })

  test.each([
    ['notes.png', 'Not a picture at all.\n', 'a text file, not a picture'],
    [
      'letter.docx',
      `PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`,
      'a document of an office program, of which a PDF',
    ],
    ['note.rtf', '{\\rtf1 Hello}', 'a document of an office program, of which a PDF'],
    ['page.png', '<!DOCTYPE html><p>Hello', 'a web page, of which a PDF can be read: open it in a browser'],
    ['paper.png', '%PDF-1.7\n%\xe2\xe3', 'a PDF document: one page of it at a time is a picture'],
    ['clip.jpg', '\0\0\0\x18ftypisom\0\0\x02\0isommp41', 'a video, not a picture'],
    ['noise.png', '\x01\x02\x03\x04', 'of an unknown kind'],
  ])('%s: the message says what it is', async (name, content, what) => {
    const error = await failure(openPicture({ path: write(name, Buffer.from(content, 'latin1')) }))
    expect(error).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining(`${name} is ${what}`) as string,
    })
  })

  test('flipped bytes in a PNG never give pixels that are not the picture without a note', async () => {
    const whole = await png()
    whole[Math.floor(whole.length / 2)]! ^= 0xff
    const picture = await open(whole)
    await picture.decode()
    expect(picture.notes.join()).toMatch(/parts of the picture may be wrong/)
  })

  test('50,000 x 50,000 is refused from the header, at once and without the memory', async () => {
    const header = Buffer.from(await png())
    header.writeUInt32BE(50_000, 16)
    header.writeUInt32BE(50_000, 20)
    const before = process.memoryUsage().rss
    const start = process.cpuUsage()
    for (const bytes of [header, header.subarray(0, 40)]) {
      expect(await failure(open(bytes, 'bomb.png'))).toMatchObject({
        code: 'MediaTooLarge',
        message: expect.stringContaining('bomb.png is 50000 x 50000 pixels (2,500 megapixels)') as string,
      })
    }
    const { user, system } = process.cpuUsage(start)
    expect(user + system, 'µs').toBeLessThan(1e6)
    expect(process.memoryUsage().rss - before).toBeLessThan(100e6)
  })

  test('a huge JPEG is refused from its header too', async () => {
    const jpeg = Buffer.from(await ramp(64, 64, 3).source.jpeg().toBuffer())
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]))
    jpeg.writeUInt16BE(50_000, frame + 5)
    jpeg.writeUInt16BE(50_000, frame + 7)
    expect(await failure(open(jpeg, 'bomb.jpg'))).toMatchObject({ code: 'MediaTooLarge' })
  })
})

describe('thumbnails', () => {
  test('fit 512 x 512, turned as shown, WebP or PNG where there is alpha, never enlarged', async () => {
    const target = join(folder, 'thumb')
    const photo = await sharp({ create: { width: 1200, height: 600, channels: 3, background: 'teal' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect(await (await open(photo)).writeThumbnail(target, 512)).toBe('image/webp')
    expect(await sharp(readFileSync(target)).metadata()).toMatchObject({ format: 'webp', width: 256, height: 512 })
    const logo = await sharp({
      create: { width: 40, height: 20, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer()
    expect(await (await open(logo)).writeThumbnail(target, 512)).toBe('image/png')
    expect(await sharp(readFileSync(target)).metadata()).toMatchObject({
      format: 'png',
      width: 40,
      height: 20,
      hasAlpha: true,
    })
  })
})
