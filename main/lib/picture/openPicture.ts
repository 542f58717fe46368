import { open, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError } from '#contract'
import sharp from 'sharp'
import type { Metadata, SharpInput, SharpOptions } from 'sharp'
import { damaged, isPictureKind, missingFile, pictureMimes, refusedKind, tooLarge } from './refusals.ts'
import type { RgbPicture } from './resize.ts'
import { sniff, SNIFF_BYTES } from './sniff.ts'
import { overWhite } from './whiteBackground.ts'

/** Where a picture comes from; `name` is what errors call it. */
export type PictureSource = { readonly path: string; readonly name?: string } | { readonly bytes: Uint8Array; readonly name: string }

/**
 * Largest picture that is read, in pixels: what the largest phone cameras write (16,320 x 12,240), 600 MB decoded.
 * Refused from the header, before any pixel is decoded.
 */
export const MAX_PICTURE_PIXELS = 200_000_000

/** Only the decoders of the kinds that `sniff` lets through can run, whatever bytes libvips sees. */
const loaders = ['Png', 'Jpeg', 'Webp', 'Nsgif', 'Heif', 'Tiff'].map((kind) => `VipsForeignLoad${kind}`)
sharp.cache(false)
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })

/** A picture whose header was read; sizes in pixels as it is shown, EXIF orientation applied. */
export interface Picture {
  readonly name: string
  readonly mime: string
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
  /**
   * All pixels as sRGB R G B, 8 bits: the first frame of an animation, other colour spaces converted, alpha blended
   * over white, or dropped (what is under transparent pixels shows) for comparisons with processors that do so.
   * Throws DamagedMedia.
   */
  decode(options?: { alpha: 'white' | 'drop' }): Promise<RgbPicture>
  /**
   * Writes a picture of at most `side` x `side` pixels for lists to `target`, WebP, or PNG where there is alpha, and
   * returns its MIME type. Reads the whole file, so that damage anywhere is found. Throws DamagedMedia.
   */
  writeThumbnail(target: string, side: number): Promise<string>
}

/**
 * Reads the header of a picture. Throws MediaNotFound (no such file), UnsupportedMedia (the bytes are something else),
 * DamagedMedia and MediaTooLarge; every message names the file.
 */
export async function openPicture(source: PictureSource): Promise<Picture> {
  const name = source.name ?? ('path' in source ? basename(source.path) : 'The picture')
  const head = 'path' in source ? await readHead(source.path, name) : source.bytes.subarray(0, SNIFF_BYTES)
  const kind = sniff(head)
  if (!isPictureKind(kind)) throw refusedKind(kind, name)
  if (kind === 'png') checkPngHeader(head, name)

  const input: SharpInput = 'path' in source ? source.path : Buffer.from(source.bytes.buffer, source.bytes.byteOffset, source.bytes.byteLength)
  const options: SharpOptions = { limitInputPixels: MAX_PICTURE_PIXELS, failOn: 'error', sequentialRead: true }
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw error instanceof AppError ? error : damaged(name, error)
    }
  }
  const metadata = await guarded(() => sharp(input, { ...options, limitInputPixels: false }).metadata())
  const { width, height } = metadata.autoOrient
  if (width * height > MAX_PICTURE_PIXELS) throw tooLarge(name, width, height, MAX_PICTURE_PIXELS)

  const pixels = () => sharp(input, { ...options, ignoreIcc: isSrgb(metadata) }).autoOrient().toColourspace('srgb')
  return {
    name,
    mime: pictureMimes[kind],
    width,
    height,
    hasAlpha: metadata.hasAlpha,
    decode: ({ alpha } = { alpha: 'white' }) =>
      guarded(async () => {
        const stored = alpha === 'drop' ? pixels().removeAlpha() : pixels()
        const { data, info } = await stored.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
        return { data: overWhite(data, info.channels), width: info.width, height: info.height }
      }),
    writeThumbnail: async (target, side) => {
      const small = pixels().resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      await writeFile(target, await guarded(() => (metadata.hasAlpha ? small.png() : small.webp({ quality: 80 })).toBuffer()))
      return metadata.hasAlpha ? 'image/png' : 'image/webp'
    },
  }
}

async function readHead(path: string, name: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      throw new AppError('MediaNotFound', `${name} may not be read. Check the permissions of the file, or choose another one.`)
    }
    throw missingFile(name)
  })
  try {
    if (!(await file.stat()).isFile()) throw new AppError('UnsupportedMedia', `${name} is a folder or a device, not a file. Choose a picture file.`)
    const head = new Uint8Array(SNIFF_BYTES)
    const { bytesRead } = await file.read(head, 0, SNIFF_BYTES, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** PNG tells its size in bytes 16 to 23, so a huge one is refused as huge even when the rest of it is missing. */
function checkPngHeader(head: Uint8Array, name: string): void {
  if (head.length < 24) throw damaged(name, 'cut before the size')
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const width = view.getUint32(16)
  const height = view.getUint32(20)
  if (width * height > MAX_PICTURE_PIXELS) throw tooLarge(name, width, height, MAX_PICTURE_PIXELS)
}

/** Pictures that are in sRGB already keep their exact values, as the reference reads them. */
function isSrgb({ icc }: Metadata): boolean {
  if (!icc) return false
  return icc.includes('sRGB', 0, 'latin1') || icc.includes(Buffer.from('sRGB', 'utf16le').swap16())
}
