import { AppError, say } from '#contract'
import type { Decoded, HeifError } from 'libheif-js/wasm-bundle.js'
import sharp from 'sharp'
import { readAvif } from './avif.ts'
import { HDR_NOTE, hdrColours, toneMapped } from './hdrPicture.ts'
import { readHeifFile } from './heifFile.ts'
import type { HeifFile } from './heifFile.ts'
import { describeImage, profileFor, stillOf } from './heifImage.ts'
import { checkSize, sequenceNotes, toSrgb } from './libvips.ts'
import { rawTiff } from './rawTiff.ts'
import type { RawPixels } from './rawTiff.ts'
import { inMemory } from './reader.ts'
import type { OpenReader } from './reader.ts'
import { damaged, pictureMimes } from './refusals.ts'
import { shown } from './salvage.ts'

/** A decoder of its own memory reads at most this many bytes. */
const MAX_BYTES = 256 * 1024 ** 2
/** Codes of pictures in HEIF files that are not read, by the names that people know. */
const codecs: Readonly<Record<string, string>> = {
  avc1: 'H.264',
  jpeg: 'JPEG',
  j2k1: 'JPEG 2000',
  vvc1: 'H.266',
  evc1: 'EVC',
  unci: 'uncompressed',
}

/**
 * HEIC and HEIF: the main picture, turned, cropped and put together as the file says, in sRGB by its profile. What is coded in
 * AV1 is read as AVIF.
 */
export const openHeic: OpenReader = async (file) => {
  const header = await readHeifFile(file)
  const track = header.tracks.find(({ handler }) => handler !== 'auxv')
  const still =
    header.primary || !track
      ? null
      : stillOf({ track, data: await file.readAt(track.first.offset, track.first.length) }, null)
  const described = still ? await readHeifFile(inMemory(file, still)) : header
  const image = describeImage(described)
  if (!image) throw damaged(file.name, 'no main picture')
  if (image.coded.type === 'av01') return readAvif(file, header)
  if (!['hvc1', 'hev1'].includes(image.coded.type)) throw unsupported(file.name, codecs[image.coded.type])
  checkSize(file.name, image)
  checkSize(file.name, image.stored)
  const pages = Math.max(1, track?.pictures ?? 1)
  const several = pages > 1 ? 1 : topLevel(header)
  const profile = profileFor(image)
  const hdr = image.icc ? null : hdrColours(image.nclx?.primaries, image.nclx?.transfer)
  const kept = several > 1 ? [`This file holds ${several} pictures; its main one is shown.`] : sequenceNotes(pages)
  return {
    mime: pictureMimes.heic,
    width: image.width,
    height: image.height,
    hasAlpha: image.alpha !== null,
    notes: [...kept, ...(hdr ? [HDR_NOTE] : [])],
    ...(pages > 1 ? { pages } : several > 1 ? { pages: several } : {}),
    pixels: async () => {
      if (file.bytes > MAX_BYTES)
        throw new AppError('MediaTooLarge', say`${file.name} is larger than 256 MB. Save it as JPEG and use that.`)
      const raw = await decode(file.name, still ?? (await file.read()), image.alpha !== null)
      if (hdr) return shown(toneMapped(raw, hdr), 1, []).pixels
      if (!profile) return shown(raw, 1, []).pixels
      const tiff = rawTiff(raw, { icc: profile })
      return toSrgb(tiff, await sharp(tiff).metadata())
    },
  }
}

/** Pictures that are no part, no small copy and no alpha of another. */
function topLevel({ items, references }: HeifFile): number {
  const parts = new Set(
    references.flatMap(({ type, from, to }) => (type === 'dimg' ? to : ['thmb', 'auxl'].includes(type) ? [from] : [])),
  )
  return [...items.values()].filter(
    ({ id, type, hidden }) => !hidden && !parts.has(id) && ['hvc1', 'hev1', 'grid', 'iden', 'iovl'].includes(type),
  ).length
}

/** Decodes the main picture. Throws UnsupportedMedia where the decoder does not know what it is made with. */
async function decode(name: string, bytes: Buffer, alpha: boolean): Promise<RawPixels> {
  const { default: libheif } = await import('libheif-js/wasm-bundle.js')
  const context = libheif.heif_context_alloc()
  if (!context) throw new Error('no memory for the decoder')
  try {
    checked(name, libheif.heif_context_read_from_memory(context, bytes))
    const handle = checked(name, libheif.heif_js_context_get_primary_image_handle(context))
    try {
      const { heif_colorspace_RGB: rgb } = libheif.heif_colorspace
      const { heif_chroma_interleaved_RGBA: rgba } = libheif.heif_chroma
      const decoded = checked<Decoded>(name, libheif.heif_js_decode_image2(handle, rgb, rgba))
      try {
        return packed(decoded, alpha)
      } finally {
        libheif.heif_image_release(decoded.image)
      }
    } finally {
      libheif.heif_image_handle_release(handle)
    }
  } finally {
    libheif.heif_context_free(context)
  }
}

/** libheif's numbers for what it cannot read at all, and for a codec or a feature that it does not have. */
const UNSUPPORTED = [3, 4]

function checked<T extends object>(name: string, result: T | HeifError): T {
  if (!('code' in result) || result.code === undefined) return result as T
  const number = typeof result.code === 'number' ? result.code : (result.code as { value: number }).value
  if (number === 0) return result as T
  if (UNSUPPORTED.includes(number)) throw unsupported(name, undefined)
  throw new Error((result as HeifError).message)
}

/** The decoder's rows without their padding, and without alpha where the file has none. */
function packed({ channels }: Decoded, alpha: boolean): RawPixels {
  const [plane] = channels
  if (!plane) throw new Error('the decoder gave nothing')
  const { width, height, stride, data } = plane
  const perPixel = alpha ? 4 : 3
  const out = new Uint8Array(width * height * perPixel)
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * stride
    for (let x = 0; x < width; x++, to += perPixel) {
      out[to] = data[row + x * 4]!
      out[to + 1] = data[row + x * 4 + 1]!
      out[to + 2] = data[row + x * 4 + 2]!
      if (alpha) out[to + 3] = data[row + x * 4 + 3]!
    }
  }
  return { data: out, width, height, channels: perPixel, bits: 8 }
}

const unsupported = (name: string, codec: string | undefined) =>
  new AppError(
    'UnsupportedMedia',
    say`${name} is a HEIC picture of a kind${codec ? ` (${codec} inside)` : ''} that cannot be read here. Save it as JPEG or PNG and use that.`,
    { kind: 'heic' },
  )
