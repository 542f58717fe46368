import { open, readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError, say } from '#contract'
import type { Sharp } from 'sharp'
import { missingFile } from './refusals.ts'
import type { Salvaged } from './salvage.ts'
import { SNIFF_BYTES } from './sniff.ts'

/**
 * Where a picture comes from; `name` is what errors call it, `page` which of several pages is meant, counted from 1, `pixels` how
 * many a drawing is to have about, which has no size of its own.
 */
export type PictureSource = (
  | { readonly path: string; readonly name?: string }
  | { readonly bytes: Uint8Array; readonly name: string }
) & {
  readonly page?: number
  readonly pixels?: number
}

/** A file whose first bytes were read, as readers of one kind take it. */
export interface PictureFile {
  /** What errors call it. */
  readonly name: string
  /** The first `SNIFF_BYTES` bytes, or all when it is shorter. */
  readonly head: Uint8Array
  /** The file for sharp, which opens it itself: a path or all bytes. */
  readonly input: string | Buffer
  /** All bytes. Throws MediaNotFound. */
  read(): Promise<Buffer>
  /** `length` bytes from `offset` on, fewer at the end of the file. Throws MediaNotFound. */
  readAt(offset: number, length: number): Promise<Buffer>
  /** Length in bytes. */
  readonly bytes: number
  /** The page that is asked for, counted from 1; unset: the first. */
  readonly page?: number
  /** Pixels that a drawing is to have, about; unset: as many as it is usually drawn with. */
  readonly pixels?: number
}

/** A picture of one kind whose header was read. Sizes in pixels as it is shown, orientation applied. */
export interface PictureReader {
  readonly mime: string
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
  /** What a user must know of what is shown, one English sentence each: "The lower 40 % of the picture is missing." */
  readonly notes: readonly string[]
  /** Pictures in the file where there are several: pages, frames. */
  readonly pages?: number
  /** Which of them is read, counted from 1; unset: the first. */
  readonly page?: number
  /** How the stored pixels are turned to be shown, as EXIF counts (1 to 8); unset: as they are. */
  readonly orientation?: number
  /**
   * The pixels, turned as shown, or as stored with `stored`: sRGB, 8 bits, one to four channels (grey, grey + alpha, RGB,
   * RGBA). What it throws while pixels are read is taken for damage, save AppErrors. Called anew for every reading.
   */
  pixels(turn?: 'shown' | 'stored'): Promise<Sharp>
  /** All pictures of one that moves and that no browser shows, as a WebP that does. Unset: it does not move, or browsers show it. */
  moving?(): Promise<Buffer>
  /** What can still be shown where `pixels` met damage, turned as shown; `error` is what was thrown. Throws where that is nothing. */
  salvage?(error: unknown): Promise<Salvaged>
}

/** Reads the header of a file of one kind. Throws AppErrors; anything else is taken for damage. */
export type OpenReader = (file: PictureFile) => Promise<PictureReader>

/** Reads the first bytes. Throws MediaNotFound, UnsupportedMedia (a folder). */
export async function openFile(source: PictureSource): Promise<PictureFile> {
  const { page, pixels } = source
  const wanted = { ...(page !== undefined && { page }), ...(pixels !== undefined && { pixels }) }
  if (!('path' in source)) {
    const bytes = Buffer.from(source.bytes.buffer, source.bytes.byteOffset, source.bytes.byteLength)
    return {
      ...wanted,
      name: source.name,
      head: bytes.subarray(0, SNIFF_BYTES),
      input: bytes,
      bytes: bytes.length,
      read: async () => bytes,
      readAt: async (offset, length) => bytes.subarray(offset, offset + length),
    }
  }
  const { path } = source
  const name = source.name ?? basename(path)
  const bytes = await withFile(path, name, async (file) => {
    const facts = await file.stat()
    if (!facts.isFile())
      throw new AppError('UnsupportedMedia', say`${name} is a folder or a device, not a file. Choose a picture file.`)
    return facts.size
  })
  const readAt = (offset: number, length: number) =>
    withFile(path, name, async (file) => {
      // lengths come from the file: no memory for more than it holds
      const most = Math.max(0, Math.min(length, bytes - offset))
      const { buffer, bytesRead } = await file.read(Buffer.alloc(most), 0, most, offset)
      return buffer.subarray(0, bytesRead)
    })
  return {
    ...wanted,
    name,
    head: await readAt(0, SNIFF_BYTES),
    input: path,
    bytes,
    read: () => readFile(path).catch(() => Promise.reject(missingFile(name))),
    readAt,
  }
}

async function withFile<T>(
  path: string,
  name: string,
  work: (file: Awaited<ReturnType<typeof open>>) => Promise<T>,
): Promise<T> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EACCES' || error.code === 'EPERM') {
      throw new AppError(
        'MediaNotFound',
        say`${name} may not be read. Check the permissions of the file, or choose another one.`,
      )
    }
    throw missingFile(name)
  })
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** The same file with other bytes, which stand for it. */
export const inMemory = (file: PictureFile, bytes: Buffer): PictureFile => ({
  ...file,
  head: bytes.subarray(0, SNIFF_BYTES),
  input: bytes,
  bytes: bytes.length,
  read: async () => bytes,
  readAt: async (offset, length) => bytes.subarray(offset, offset + length),
})
