import { constants } from 'node:fs'
import { lstat, mkdir, open, realpath, statfs } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative } from 'node:path'
import { AppError, say } from '#contract'
import { syncFolder } from '../../../lib/files/files.ts'

/**
 * Makes `name` within `modelsFolder` and returns its real path. Throws StorageFailed when it is a link that leads out of
 * the models folder, and the file system's own errors.
 */
export async function openFolder(modelsFolder: string, name: string): Promise<string> {
  const folder = join(modelsFolder, name)
  await mkdir(folder, { recursive: true })
  const [outer, inner] = await Promise.all([realpath(modelsFolder), realpath(folder)])
  const way = relative(outer, inner)
  if (way === '' || way.startsWith('..') || isAbsolute(way)) {
    throw new AppError(
      'StorageFailed',
      say`${folder} is a link that leads out of the models folder. Move it away, then resume the download.`,
      { folder },
    )
  }
  return inner
}

/** Size in bytes of the regular file at `path`; null when nothing is there. Throws StorageFailed for anything else, links too. */
export async function fileSize(path: string): Promise<number | null> {
  const facts = await lstat(path).catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : Promise.reject(error),
  )
  if (facts && !facts.isFile()) throw notAFile(path)
  return facts && facts.size
}

const notAFile = (path: string) =>
  new AppError(
    'StorageFailed',
    say`${path} is a folder or a link where a file has to be. Move it away, then resume the download.`,
    {
      path,
    },
  )

/** Bytes that may still be written to the disk of `folder`. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}

/** An unfinished file, open for writing at offsets. Errors are those of the file system. */
export interface PartFile {
  write(chunk: Uint8Array, at: number): Promise<void>
  /** Flushes what was written to the disk. */
  sync(): Promise<void>
  close(): Promise<void>
}

export type OpenPartFile = (path: string, bytes: number) => Promise<PartFile>

/** Opens or makes `path` with `bytes` (nothing of it need be allocated). Never follows a link: throws StorageFailed then. */
export const openPartFile: OpenPartFile = async (path, bytes) => {
  const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants
  const handle = await open(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o644).catch((error: NodeJS.ErrnoException) =>
    Promise.reject(error.code === 'ELOOP' ? notAFile(path) : error),
  )
  try {
    const facts = await handle.stat()
    if (!facts.isFile()) throw notAFile(path)
    if (facts.size !== bytes) {
      await handle.truncate(bytes)
      await handle.sync()
      await syncFolder(dirname(path))
    }
  } catch (error) {
    await handle.close()
    throw error
  }
  return {
    async write(chunk, at) {
      for (let from = 0; from < chunk.length; ) {
        const { bytesWritten } = await handle.write(chunk, from, chunk.length - from, at + from)
        from += bytesWritten
      }
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  }
}
