import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'

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
