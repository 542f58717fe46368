import sharp from 'sharp'
import type { Metadata, Sharp, SharpOptions } from 'sharp'
import { isSrgbProfile, readProfile, srgbCurve, srgbInverse } from './colour.ts'
import type { Curve } from './colour.ts'
import type { OpenReader, PictureReader } from './reader.ts'
import { pictureMimes, tooLarge } from './refusals.ts'
import type { PictureKind } from './refusals.ts'
import { WHOLE_WITHOUT_END, dropAfter, dropDifferent, firstDifference, readRawPixels, shown } from './salvage.ts'

/**
 * Largest picture that is read, in pixels: what the largest phone cameras write (16,320 x 12,240), 600 MB decoded.
 * Refused from the header, before any pixel is decoded.
 */
export const MAX_PICTURE_PIXELS = 200_000_000

/** Only the decoders of the kinds that go through libvips can run, whatever bytes it sees. */
const loaders = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Heif', 'Tiff', 'Svg'].map((kind) => `VipsForeignLoad${kind}`)
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })

/** Gives up at the first damage. */
export const strict: SharpOptions = { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error', sequentialRead: true }
/** Goes on at damage; what is lost is made up. */
export const lax: SharpOptions = { ...strict, failOn: 'none' }

/** What libvips reads of a header. Throws MediaTooLarge, and sharp's own errors where it cannot be read. */
export async function readMetadata(
  { name, input }: { name: string; input: string | Buffer },
  options = strict,
): Promise<Metadata> {
  const metadata = await sharp(input, { ...options, limitInputPixels: false }).metadata()
  checkSize(name, metadata.autoOrient)
  return metadata
}

/** Throws MediaTooLarge beyond `MAX_PICTURE_PIXELS`. */
export function checkSize(name: string, { width, height }: { width: number; height: number }): void {
  if (width * height > MAX_PICTURE_PIXELS) throw tooLarge(name, width, height, MAX_PICTURE_PIXELS)
}

/** What sharp reads of `input`, which is the file or what stands for it. */
export function libvipsPicture(kind: PictureKind, input: string | Buffer, metadata: Metadata): PictureReader {
  const { width, height } = metadata.autoOrient
  return {
    mime: pictureMimes[kind],
    width,
    height,
    hasAlpha: metadata.hasAlpha,
    notes: sequenceNotes(metadata.pages),
    ...((metadata.pages ?? 1) > 1 && { pages: metadata.pages! }),
    orientation: metadata.orientation ?? 1,
    pixels: (turn) => toSrgb(input, metadata, turn),
  }
}

/** What is said of an animation, of which one picture is shown. */
export const sequenceNotes = (pages: number | undefined): string[] =>
  (pages ?? 1) > 1 ? [`This is a sequence of ${pages} pictures; the first one is shown.`] : []

/**
 * The pixels of `input`, turned as shown unless asked for as stored, in sRGB by the profile inside. `options` may be laxer
 * than usual.
 */
export async function toSrgb(
  input: string | Buffer,
  metadata: Metadata,
  turn: 'shown' | 'stored' = 'shown',
  options = strict,
): Promise<Sharp> {
  const { icc, space } = metadata
  const plain = !icc || isSrgbProfile(icc)
  const read = (changes: SharpOptions) => {
    const pixels = sharp(input, { ...options, ...changes })
    return turn === 'shown' ? pixels.autoOrient() : pixels
  }
  if (space === 'cmyk' && !icc) return fromCmyk(read({}))
  if (!plain && space === 'grey16') return fromGrey16(read({ ignoreIcc: true }), icc)
  const pixels = read({ ignoreIcc: plain }).toColourspace('srgb')
  // libvips goes from more than 8 bits to Display P3 first, and sharp leaves it there unless a profile is asked for
  return !plain && space === 'rgb16' ? pixels.withIccProfile('srgb') : pixels
}

/** Without a profile every viewer takes the inks for what they leave of each colour. */
async function fromCmyk(pixels: Sharp): Promise<Sharp> {
  const inks = pixels.pipelineColourspace('cmyk').toColourspace('cmyk').raw({ depth: 'uchar' })
  const { data, info } = await inks.toBuffer({ resolveWithObject: true })
  const count = info.width * info.height
  for (let i = 0, from = 0, to = 0; i < count; i++, from += info.channels) {
    const light = 255 - data[from + 3]!
    for (let c = 0; c < 3; c++) data[to++] = Math.round(((255 - data[from + c]!) * light) / 255)
  }
  return sharp(data.subarray(0, count * 3), { raw: { width: info.width, height: info.height, channels: 3 } })
}

/** Grey of 16 bits is the one form of which libvips leaves the profile aside. */
async function fromGrey16(pixels: Sharp, icc: Buffer): Promise<Sharp> {
  const { data, info } = await pixels
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true })
  const wide = new Uint16Array(data.buffer, data.byteOffset, data.length / 2)
  const profile = readProfile(icc)
  const curve: Curve = profile?.space === 'grey' ? profile.curve : srgbCurve
  const table = Uint8Array.from({ length: 65536 }, (_, v) =>
    Math.round(255 * srgbInverse(Math.min(1, Math.max(0, curve(v / 65535))))),
  )
  const alphaAt = info.channels % 2 === 0 ? info.channels - 1 : -1
  const out = Buffer.from(wide.map((value, i) => (i % info.channels === alphaAt ? value >> 8 : table[value]!)))
  return sharp(out, { raw: { width: info.width, height: info.height, channels: info.channels as 1 | 2 } })
}

/** GIF: its first picture. One that is cut off is shown as far as it goes. */
export const openGif: OpenReader = async (file) => {
  const metadata = await readMetadata(file).catch(() => readMetadata(file, lax))
  return {
    ...libvipsPicture('gif', file.input, metadata),
    salvage: async () => {
      const bytes = await file.read()
      // after the cut come blocks of one byte, and of another in a second reading
      const read = async (value: number) => {
        const input = Buffer.concat([bytes, Buffer.alloc(metadata.width * metadata.height * 2 + 1024, value)])
        return readRawPixels((await toSrgb(input, metadata, 'stored', lax)).ensureAlpha())
      }
      const [one, other] = [await read(1), await read(2)]
      const from = firstDifference(one, other)
      if (from === Infinity) return shown(one, 1, [WHOLE_WITHOUT_END])
      return metadata.isProgressive ? dropDifferent(one, other) : dropAfter(one, from, 1)
    },
  }
}
