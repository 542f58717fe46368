import sharp from 'sharp'
import type { Metadata, Sharp, SharpOptions } from 'sharp'
import type { OpenReader, PictureFile } from './reader.ts'
import { pictureMimes, tooLarge } from './refusals.ts'
import type { PictureKind } from './refusals.ts'

/**
 * Largest picture that is read, in pixels: what the largest phone cameras write (16,320 x 12,240), 600 MB decoded.
 * Refused from the header, before any pixel is decoded.
 */
export const MAX_PICTURE_PIXELS = 200_000_000

/** Only the decoders of the kinds that go through libvips can run, whatever bytes it sees. */
const loaders = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((kind) => `VipsForeignLoad${kind}`)
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })

const strict: SharpOptions = { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error', sequentialRead: true }

/** What libvips reads of a header. Throws MediaTooLarge, and sharp's own errors where it cannot be read. */
export async function readMetadata(file: PictureFile, page = 0): Promise<Metadata> {
  const metadata = await sharp(file.input, { ...strict, page, limitInputPixels: false }).metadata()
  checkSize(file.name, metadata.autoOrient)
  return metadata
}

/** Throws MediaTooLarge beyond `MAX_PICTURE_PIXELS`. */
export function checkSize(name: string, { width, height }: { width: number; height: number }): void {
  if (width * height > MAX_PICTURE_PIXELS) throw tooLarge(name, width, height, MAX_PICTURE_PIXELS)
}

/** A reader for a kind that sharp decodes whole and right; `page`: which picture of the file, counted from 0. */
export const libvipsReader =
  (kind: PictureKind, { page = 0 }: { page?: number } = {}): OpenReader =>
  async (file) => {
    const metadata = await readMetadata(file, page)
    const { width, height } = metadata.autoOrient
    return {
      mime: pictureMimes[kind],
      width,
      height,
      hasAlpha: metadata.hasAlpha,
      notes: [],
      orientation: metadata.orientation ?? 1,
      pixels: async (turn) => toSrgb(sharp(file.input, { ...strict, page, ignoreIcc: isSrgb(metadata) }), turn),
    }
  }

/** Turned as shown, unless asked for as stored, and converted to sRGB by the profile inside. */
function toSrgb(pixels: Sharp, turn: 'shown' | 'stored' = 'shown'): Sharp {
  return (turn === 'shown' ? pixels.autoOrient() : pixels).toColourspace('srgb')
}

/** Pictures that are in sRGB already keep their exact values, as the reference reads them. */
function isSrgb({ icc }: Metadata): boolean {
  if (!icc) return false
  return icc.includes('sRGB', 0, 'latin1') || icc.includes(Buffer.from('sRGB', 'utf16le').swap16())
}
