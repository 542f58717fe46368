import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { isSrgbProfile, makeProfile, matrixOf, primaries, readProfile } from './colour.ts'
import { openPicture } from './index.ts'
import { pngChunk } from './pngChunks.ts'
import { rawTiff } from './rawTiff.ts'

const decode = async (bytes: Uint8Array) => (await openPicture({ bytes, name: 'colours' })).decode()
const middle = ({ data, width, height }: { data: Uint8Array; width: number; height: number }) => {
  const at = (Math.floor(height / 2) * width + Math.floor(width / 2)) * 3
  return [...data.subarray(at, at + 3)]
}
const flat = (rgb: readonly number[], side = 16) => Buffer.alloc(side * side * rgb.length, Buffer.from(rgb))
const png = (rgb: readonly number[]) =>
  sharp(flat(rgb), { raw: { width: 16, height: 16, channels: rgb.length as 1 | 3 } })
    .toColourspace(rgb.length === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer()
/** A PNG with more chunks after its header. */
const withChunks = async (rgb: readonly number[], ...chunks: Buffer[]) => {
  const whole = await png(rgb)
  return Buffer.concat([whole.subarray(0, 33), ...chunks, whole.subarray(33)])
}
const numbers = (...values: number[]) => {
  const out = Buffer.alloc(values.length * 4)
  values.forEach((value, i) => out.writeUInt32BE(Math.round(value * 100_000), i * 4))
  return out
}
const near = (got: readonly number[], wanted: readonly number[], by = 3) =>
  expect(
    Math.max(...got.map((value, i) => Math.abs(value - wanted[i]!))),
    `${String(got)} for ${String(wanted)}`,
  ).toBeLessThanOrEqual(by)

const P3 = matrixOf(primaries[12]!)!
/** A colour in Display P3, and in sRGB, as Chromium shows it. */
const P3_COLOUR = [184, 70, 43]
const P3_SHOWN = [200, 60, 30]
const LINEAR = makeProfile(matrixOf(primaries[1]!), 1)

describe('profiles are judged by what they say', () => {
  test('a name with the word sRGB in it makes no profile sRGB', async () => {
    const named = Buffer.concat([makeProfile(P3, 'srgb'), Buffer.from('Display P3 Gamut with sRGB Transfer')])
    named.writeUInt32BE(named.length, 0)
    const tiff = rawTiff({ data: flat(P3_COLOUR), width: 16, height: 16, channels: 3, bits: 8 }, { icc: named })
    const jpeg = await sharp(tiff).keepIccProfile().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()
    expect((await sharp(jpeg).metadata()).icc?.includes('sRGB')).toBe(true)
    near(middle(await decode(jpeg)), P3_SHOWN)
  })

  test('a linear profile is no sRGB one', async () => {
    expect(isSrgbProfile(LINEAR)).toBe(false)
    const tiff = rawTiff({ data: flat([55, 55, 55]), width: 16, height: 16, channels: 3, bits: 8 }, { icc: LINEAR })
    near(middle(await decode(await sharp(tiff).keepIccProfile().png().toBuffer())), [128, 128, 128])
  })

  test("libvips' own sRGB profile and one of sRGB's numbers are sRGB; P3 and a curve of 1.8 are not", async () => {
    const own = (
      await sharp(await png([1, 2, 3]))
        .withIccProfile('srgb')
        .png()
        .toBuffer()
        .then((bytes) => sharp(bytes).metadata())
    ).icc!
    expect(isSrgbProfile(own)).toBe(true)
    expect(isSrgbProfile(makeProfile(matrixOf(primaries[1]!), 'srgb'))).toBe(true)
    expect(isSrgbProfile(makeProfile(P3, 'srgb'))).toBe(false)
    expect(isSrgbProfile(makeProfile(matrixOf(primaries[1]!), 1.8))).toBe(false)
    expect(isSrgbProfile(Buffer.from('no profile'))).toBe(false)
    expect(readProfile(makeProfile(null, 2.2))).toMatchObject({ space: 'grey' })
  })

  test('16 bits with a profile are converted; 16 bits without one, or with that of sRGB, are not', async () => {
    const wide = Uint16Array.from({ length: 16 * 16 * 3 }, (_, i) => P3_COLOUR[i % 3]! * 257)
    const deep = (icc: Buffer) =>
      rawTiff({ data: new Uint8Array(wide.buffer), width: 16, height: 16, channels: 3, bits: 16 }, { icc })
    const plain = await sharp(wide, { raw: { width: 16, height: 16, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect(middle(await decode(plain))).toEqual(P3_COLOUR)
    const asPng = async (icc: Buffer) => sharp(deep(icc)).keepIccProfile().toColourspace('rgb16').png().toBuffer()
    const srgb = await asPng(makeProfile(matrixOf(primaries[1]!), 'srgb'))
    expect(await sharp(srgb).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true })
    expect(middle(await decode(srgb))).toEqual(P3_COLOUR)
    near(middle(await decode(await asPng(makeProfile(P3, 'srgb')))), P3_SHOWN)
  })

  test('grey of 8 and 16 bits with a profile of its own', async () => {
    const grey = makeProfile(null, 1)
    const tiff8 = rawTiff({ data: flat([55]), width: 16, height: 16, channels: 1, bits: 8 }, { icc: grey })
    const plain = await sharp(tiff8).keepIccProfile().toColourspace('b-w').png().toBuffer()
    expect(await sharp(plain).metadata()).toMatchObject({ depth: 'uchar', hasProfile: true, channels: 1 })
    near(middle(await decode(plain)), [128, 128, 128])
    const wide = Buffer.from(new Uint16Array(256).fill(55 * 257).buffer)
    const tiff16 = rawTiff({ data: wide, width: 16, height: 16, channels: 1, bits: 16 }, { icc: grey })
    const deep = await sharp(tiff16).keepIccProfile().toColourspace('grey16').png().toBuffer()
    expect(await sharp(deep).metadata()).toMatchObject({ depth: 'ushort', hasProfile: true, channels: 1 })
    near(middle(await decode(deep)), [128, 128, 128])
  })
})

describe('colours that a PNG tells without a profile, as Chromium shows them', () => {
  test('a gamma', async () => {
    near(middle(await decode(await withChunks([55, 55, 55], pngChunk('gAMA', numbers(1))))), [128, 128, 128])
    near(middle(await decode(await withChunks([55], pngChunk('gAMA', numbers(1))))), [128, 128, 128])
  })

  test('the gamma and the primaries that every sRGB picture has change nothing, to the bit', async () => {
    const [r, g, b] = [
      [3, 77, 250],
      [200, 60, 30],
      [1, 1, 1],
    ]
    for (const rgb of [r!, g!, b!]) {
      const chunks = [
        pngChunk('gAMA', numbers(0.45455)),
        pngChunk('cHRM', numbers(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)),
      ]
      expect(middle(await decode(await withChunks(rgb, ...chunks)))).toEqual(rgb)
      expect(
        middle(await decode(await withChunks(rgb, pngChunk('sRGB', Buffer.alloc(1)), pngChunk('gAMA', numbers(1))))),
      ).toEqual(rgb)
    }
  })

  test('primaries, with a gamma', async () => {
    const chunks = [
      pngChunk('gAMA', numbers(0.45455)),
      pngChunk('cHRM', numbers(0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)),
    ]
    // Chromium: 201,56,21
    near(middle(await decode(await withChunks(P3_COLOUR, ...chunks))), [201, 56, 21])
    expect(middle(await decode(await withChunks(P3_COLOUR, chunks[1]!)))).toEqual(P3_COLOUR)
  })

  test('cICP names them by number, before any profile', async () => {
    near(middle(await decode(await withChunks(P3_COLOUR, pngChunk('cICP', Buffer.from([12, 13, 0, 1]))))), P3_SHOWN)
    // Chromium: 180,60,31
    near(middle(await decode(await withChunks(P3_COLOUR, pngChunk('cICP', Buffer.from([1, 1, 0, 1]))))), [180, 60, 31])
    expect(
      middle(
        await decode(
          await withChunks(P3_COLOUR, pngChunk('cICP', Buffer.from([1, 13, 0, 1])), pngChunk('gAMA', numbers(1))),
        ),
      ),
    ).toEqual(P3_COLOUR)
  })

  test.each([
    // Chromium: 187,187,187 for white, which HDR has room above; 249,249,249 for four times its light; red
    ['PQ', 16, [148, 148, 148], [187, 187, 187]],
    ['PQ', 16, [187, 187, 187], [251, 251, 251]],
    ['PQ', 16, [136, 83, 56], [188, 0, 0]],
    ['HLG', 18, [191, 191, 191], [187, 187, 187]],
  ])('%s (%i) is shown as on an ordinary screen, and that is said: %j', async (_, transfer, stored, shown) => {
    const bytes = await withChunks(stored, pngChunk('cICP', Buffer.from([9, transfer, 0, 1])))
    near(middle(await decode(bytes)), shown)
    expect((await openPicture({ bytes, name: 'hdr.png' })).notes).toEqual([expect.stringContaining('HDR')])
  })

  test('nonsense in such a chunk changes nothing', async () => {
    for (const chunk of [
      pngChunk('gAMA', Buffer.alloc(2)),
      pngChunk('gAMA', numbers(0)),
      pngChunk('cHRM', Buffer.alloc(32)),
      pngChunk('cICP', Buffer.from([99, 99, 0, 0])),
    ]) {
      expect(middle(await decode(await withChunks(P3_COLOUR, chunk)))).toEqual(P3_COLOUR)
    }
  })
})

describe('inks without a profile leave what they do not take away', () => {
  test.each([[[220, 30, 30]], [[30, 69, 220]], [[255, 255, 255]], [[0, 0, 0]]])('%j', async (rgb) => {
    const black = 255 - Math.max(...rgb)
    const inks = rgb.map((value) => (black === 255 ? 0 : Math.round(255 - (value * 255) / (255 - black))))
    const jpeg = await sharp(await cmykTiff([...inks, black]))
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer()
    expect(await sharp(jpeg).metadata()).toMatchObject({ space: 'cmyk', hasProfile: false })
    near(middle(await decode(jpeg)), rgb)
  })
})

/** Separated inks as an uncompressed TIFF. */
async function cmykTiff(inks: readonly number[]): Promise<Buffer> {
  const tiff = rawTiff({ data: flat(inks), width: 16, height: 16, channels: 4, bits: 8 }, {})
  // what is RGB with alpha there is four inks: photometric 5, and no extra band
  const directory = tiff.readUInt32LE(4)
  for (let i = 0; i < tiff.readUInt16LE(directory); i++) {
    const entry = directory + 2 + i * 12
    if (tiff.readUInt16LE(entry) === 262) tiff.writeUInt32LE(5, entry + 8)
    if (tiff.readUInt16LE(entry) === 338) tiff.writeUInt16LE(40_000, entry)
  }
  return tiff
}
