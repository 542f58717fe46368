import { writeFile } from 'node:fs/promises'
import { AppError } from '#contract'
import type { Size } from '#contract'
import type { Sharp } from 'sharp'
import { openFile } from './reader.ts'
import type { OpenReader, PictureSource } from './reader.ts'
import { damaged, isPictureKind, refusedKind } from './refusals.ts'
import type { PictureKind } from './refusals.ts'
import { RowResizer } from './resize.ts'
import type { RgbPicture } from './resize.ts'
import { streamRows } from './rowStream.ts'
import { readRawPixels, shown } from './salvage.ts'
import { sniff } from './sniff.ts'
import { overWhite } from './whiteBackground.ts'

/** One reader for each kind, loaded with its first file. */
const readers: Record<PictureKind, () => Promise<OpenReader>> = {
  png: async () => (await import('./png.ts')).openPng,
  jpeg: async () => (await import('./jpeg.ts')).openJpeg,
  webp: async () => (await import('./webp.ts')).openWebp,
  gif: async () => (await import('./gif.ts')).openGif,
  avif: async () => (await import('./avif.ts')).openAvif,
  heic: async () => (await import('./heic.ts')).openHeic,
  tiff: async () => (await import('./tiff/index.ts')).openTiff,
  bmp: async () => (await import('./bmp.ts')).openBmp,
  ico: async () => (await import('./ico.ts')).openIco,
}

/** A picture whose header was read; sizes in pixels as it is shown, EXIF orientation applied. */
export interface Picture {
  readonly name: string
  readonly mime: string
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
  /** Pictures in the file where there are several; the first is the one that is read. */
  readonly pages?: number
  /**
   * What a user must know of what is shown, one English sentence each; complete once `decode` or `writeThumbnail` is done,
   * since some damage shows only then.
   */
  readonly notes: readonly string[]
  /** Whether `notes` has something of the pixels that the header does not tell. */
  readonly damaged: boolean
  /**
   * All pixels as sRGB R G B, 8 bits: the first frame of an animation, other colour spaces converted, alpha blended
   * over white, or dropped (what is under transparent pixels shows) for comparisons with processors that do so.
   * Throws DamagedMedia.
   */
  decode(options?: { alpha: 'white' | 'drop' }): Promise<RgbPicture>
  /**
   * `decode` and `resizeBicubic` to exactly `size` in one, bit for bit, without the whole picture in memory. Throws
   * DamagedMedia.
   */
  resized(size: Size): Promise<RgbPicture>
  /**
   * Writes a picture of at most `side` x `side` pixels for lists to `target`, WebP, or PNG where there is alpha, and
   * returns its MIME type. Reads the whole file, so that damage anywhere is found. Throws DamagedMedia.
   */
  writeThumbnail(target: string, side: number): Promise<string>
  /** Writes the picture in full size to `target`, JPEG, or PNG where there is alpha, and returns its MIME type. Throws DamagedMedia. */
  writeView(target: string): Promise<string>
}

/**
 * Reads the header of a picture. Throws MediaNotFound (no such file), UnsupportedMedia (the bytes are something else),
 * DamagedMedia and MediaTooLarge; every message names the file.
 */
export async function openPicture(source: PictureSource): Promise<Picture> {
  const file = await openFile(source)
  const { name } = file
  const kind = sniff(file.head)
  if (!isPictureKind(kind)) throw refusedKind(kind, name)
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw error instanceof AppError ? error : damaged(name, error)
    }
  }
  const open = await readers[kind]()
  const reader = await guarded(() => open(file))
  if (file.page !== undefined && file.page !== (reader.page ?? 1))
    throw new AppError('InvalidInput', `${name} has no page ${file.page} that can be chosen. Leave the page out.`)
  let damage: readonly string[] = []
  /** What `work` makes of the pixels; of what is left of them where they are damaged. */
  const read = <T>(
    work: (pixels: Sharp, orientation: number) => Promise<T>,
    turn: 'shown' | 'stored' = 'shown',
  ): Promise<T> =>
    guarded(async () => {
      try {
        return await work(await reader.pixels(turn), turn === 'stored' ? (reader.orientation ?? 1) : 1)
      } catch (error) {
        if (error instanceof AppError || !reader.salvage) throw error
        const { pixels, notes } = await reader.salvage(error)
        damage = notes
        return await work(pixels, 1)
      }
    })
  const { mime, width, height, hasAlpha, pages } = reader
  return {
    name,
    mime,
    width,
    height,
    hasAlpha,
    ...(pages !== undefined && { pages }),
    get notes() {
      return [...reader.notes, ...damage]
    },
    get damaged() {
      return damage.length > 0
    },
    decode: ({ alpha } = { alpha: 'white' }) =>
      read(async (pixels) => {
        const stored = alpha === 'drop' ? pixels.removeAlpha() : pixels
        const { data, info } = await stored.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
        return { data: overWhite(data, info.channels), width: info.width, height: info.height }
      }),
    resized: (size) =>
      read(async (pixels, orientation) => {
        const resizer = new RowResizer({ width, height }, size, orientation)
        await streamRows(pixels, { width, height }, (rows, channels) => resizer.push(overWhite(rows, channels)))
        return resizer.finish()
      }, 'stored'),
    writeView: async (target) => {
      await writeFile(
        target,
        await read((pixels) =>
          (hasAlpha ? pixels.png({ compressionLevel: 3 }) : pixels.jpeg({ quality: 92 })).toBuffer(),
        ),
      )
      return hasAlpha ? 'image/png' : 'image/jpeg'
    },
    writeThumbnail: async (target, side) => {
      const small = await read(async (pixels, orientation) => {
        const fitted = pixels.resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
        const turned = orientation === 1 ? fitted : shown(await readRawPixels(fitted), orientation, []).pixels
        return (hasAlpha ? turned.png() : turned.webp({ quality: 80 })).toBuffer()
      }, 'stored')
      await writeFile(target, small)
      return hasAlpha ? 'image/png' : 'image/webp'
    },
  }
}
