import { open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, say } from '#contract'
import type { Size } from '#contract'
import type { Sharp } from 'sharp'
import { temporaryFolder } from '../files/files.ts'
import { openFile } from './reader.ts'
import type { OpenReader, PictureSource } from './reader.ts'
import { damaged, isPictureKind, refusedKind } from './refusals.ts'
import type { PictureKind } from './refusals.ts'
import { RowResizer, overWhite } from './resize.ts'
import type { RgbPicture } from './resize.ts'
import { readRawPixels, shown } from './salvage.ts'
import { sniff } from './sniff.ts'

/** One reader for each kind, loaded with its first file. */
const readers: Record<PictureKind, () => Promise<OpenReader>> = {
  png: async () => (await import('./png.ts')).openPng,
  jpeg: async () => (await import('./jpeg.ts')).openJpeg,
  webp: async () => (await import('./webp.ts')).openWebp,
  gif: async () => (await import('./libvips.ts')).openGif,
  avif: async () => (await import('./avif.ts')).openAvif,
  heic: async () => (await import('./heic.ts')).openHeic,
  tiff: async () => (await import('./tiff/tiff.ts')).openTiff,
  bmp: async () => (await import('./bitmaps.ts')).openBmp,
  ico: async () => (await import('./bitmaps.ts')).openIco,
  jxl: async () => (await import('./jxl.ts')).openJxl,
  jp2: async () => (await import('./jpeg2000.ts')).openJpeg2000,
  psd: async () => (await import('./psd.ts')).openPsd,
  svg: async () => (await import('./svg.ts')).openSvg,
  raw: async () => (await import('./raw/raw.ts')).openRaw,
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
  /**
   * Writes the picture in full size to `target`, JPEG, or PNG where there is alpha, or a WebP that moves as it does, and returns its MIME
   * type. Throws DamagedMedia.
   */
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
    throw new AppError('InvalidInput', say`${name} has no page ${file.page} that can be chosen. Leave the page out.`)
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
      if (reader.moving) {
        await writeFile(target, await guarded(() => reader.moving!()))
        return 'image/webp'
      }
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

/** Rows of 8-bit pixels as they come, from top to bottom, any number at a time; the memory is used again for the next ones. */
export type TakeRows = (rows: Uint8Array, channels: number) => void

/** Pictures up to this many pixels are decoded in memory: 36 MB of RGB. */
const IN_MEMORY = 12_000_000
/** Bytes that are read from the file at a time, about. */
const CHUNK = 1024 ** 2

/**
 * Hands all rows of `pixels` to `take`. sharp gives decoded pixels only as a whole, in memory; large pictures therefore go
 * through a file of libvips' own format, which it writes row by row, in a folder that only this user can read. Where no such
 * file can be written they are decoded in memory.
 */
export async function streamRows(
  pixels: Sharp,
  size: { readonly width: number; readonly height: number },
  take: TakeRows,
): Promise<void> {
  if (size.width * size.height > IN_MEMORY) {
    const folder = await temporaryFolder('pixels').catch(() => null)
    if (folder && (await throughFile(pixels.clone(), join(folder, 'pixels.v'), folder, take))) return
  }
  const { data, info } = await pixels.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  take(data, info.channels)
}

/** Removes the folder. False: nothing was handed out, since the disk is full or the format is another one. */
async function throughFile(pixels: Sharp, path: string, folder: string, take: TakeRows): Promise<boolean> {
  try {
    try {
      await pixels.toFile(path)
    } catch (error) {
      if (/unable to (write|open)|write (failed|error)|No space/i.test(String(error))) return false
      throw error
    }
    const file = await open(path, 'r')
    try {
      // on most systems the file goes at once, and its bytes with the last look at it
      await rm(path, { force: true }).catch(() => {})
      const header = Buffer.alloc(HEADER)
      await file.read(header, 0, HEADER, 0)
      const layout = readLayout(header)
      if (!layout) return false
      const rowBytes = layout.width * layout.channels
      const perRead = Math.max(1, Math.floor(CHUNK / rowBytes))
      const buffer = Buffer.alloc(perRead * rowBytes)
      for (let y = 0; y < layout.height; y += perRead) {
        const wanted = Math.min(perRead, layout.height - y) * rowBytes
        const { bytesRead } = await file.read(buffer, 0, wanted, HEADER + y * rowBytes)
        if (bytesRead < wanted) throw new Error('the file of pixels is too short')
        take(buffer.subarray(0, wanted), layout.channels)
      }
      return true
    } finally {
      await file.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The header of a `.v` file, in bytes; rows follow without padding. */
const HEADER = 64
/** How it begins, in the order of bytes of the machine that wrote it. */
const MARK = 0x08f2a6b6

/** Null for anything but 8-bit values without compression. */
function readLayout(header: Buffer): { width: number; height: number; channels: number } | null {
  const little = header.readUInt32BE(0) !== MARK
  const read = (at: number) => (little ? header.readInt32LE(at) : header.readInt32BE(at))
  const [format, coding] = [read(20), read(24)]
  return format === 0 && coding === 0 ? { width: read(4), height: read(8), channels: read(12) } : null
}
