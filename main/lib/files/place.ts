import { constants } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Moves an unfinished file to its place so that a power cut leaves either nothing or the whole file there: its bytes are
 * flushed before the rename, the folder after it. Folders that are missing are made for this user alone. Throws the file
 * system's own errors; the file is where it was then.
 */
export async function placeFile(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  await sync(from, process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY)
  await rename(from, to)
  await syncFolder(dirname(to))
}

/** Makes renames and new files in `folder` last through a power cut. Windows cannot open a folder; it orders them itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await sync(folder, constants.O_RDONLY)
}

async function sync(path: string, flags: number): Promise<void> {
  const handle = await open(path, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
