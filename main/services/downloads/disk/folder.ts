import { lstat, mkdir, realpath, statfs } from 'node:fs/promises'
import { isAbsolute, join, relative } from 'node:path'
import { AppError } from '#contract'

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
      `${folder} is a link that leads out of the models folder. Move it away, then resume the download.`,
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

export const notAFile = (path: string) =>
  new AppError(
    'StorageFailed',
    `${path} is a folder or a link where a file has to be. Move it away, then resume the download.`,
    {
      path,
    },
  )

/** Bytes that may still be written to the disk of `folder`. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
