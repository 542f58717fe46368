import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isWithin, realOf, toDiskError } from './disk.ts'

/** Folders in the models folder for files on their way; one that was not touched for so long belongs to nobody any more. */
const PREFIXES = ['.importing-', '.removed-', '.moving-']
const OLD_MS = 24 * 60 * 60_000

/** A name for a folder of files on their way. */
export const temporaryName = (purpose: 'importing' | 'removed' | 'moving', id: string) => `.${purpose}-${id}`

/** Whether a name in the models folder is that of files on their way. */
export const isTemporary = (name: string) => PREFIXES.some((prefix) => name.startsWith(prefix))

/** Deletes what a process that was ended in the middle of its work left in the models folder. Never throws. */
export async function removeLeftovers(folder: string, now: number = Date.now()): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!isTemporary(name)) continue
    const path = join(folder, name)
    const info = await stat(path).catch(() => null)
    if (info && now - info.mtimeMs > OLD_MS) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

/**
 * Deletes files of the models folder (real paths), then folders in it that became empty. They are first moved aside;
 * `commit` then forgets them, and only after that they are gone: a failure before leaves everything where it was.
 * @throws AppError StorageFailed, and what `commit` throws.
 */
export async function removeFiles(folder: string, paths: readonly string[], commit: () => void): Promise<void> {
  const outer = await realOf(folder)
  const aside = join(outer, temporaryName('removed', randomBytes(6).toString('hex')))
  const moved: { from: string; to: string }[] = []
  try {
    for (const [i, from] of paths.entries()) {
      if (!(await lstat(from).catch(() => null))) continue
      const to = join(aside, String(i))
      if (moved.length === 0) await mkdir(aside)
      await rename(from, to)
      moved.push({ from, to })
    }
    commit()
  } catch (error) {
    for (const { from, to } of moved) await rename(to, from)
    await rmdir(aside).catch(() => {})
    throw toDiskError(error, 'Deleting the files')
  }
  await rm(aside, { recursive: true, force: true }).catch(() => {})
  for (const path of paths) await removeEmpty(dirname(path), outer)
}

/** Removes `path` and the folders above it as long as they are empty and below `outer`. */
async function removeEmpty(path: string, outer: string): Promise<void> {
  for (let at = path; isWithin(outer, at); at = dirname(at)) {
    const removed = await rmdir(at).then(
      () => true,
      () => false,
    )
    if (!removed) return
  }
}
