import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** What a folder holds, in bytes; what cannot be read counts as nothing. */
export interface FolderSize {
  readonly files: number
  readonly bytes: number
}

/** The size of a file, or of everything in a folder; links are not followed. */
export async function sizeOf(path: string): Promise<FolderSize> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => null)
  if (!entries) {
    const file = await stat(path).catch(() => null)
    return { files: file ? 1 : 0, bytes: file?.size ?? 0 }
  }
  let [files, bytes] = [0, 0]
  // one after the other: a folder of many thousand pictures must not keep the disk from everything else
  for (const entry of entries) {
    if (!entry.isDirectory() && !entry.isFile()) continue
    const part = await sizeOf(join(path, entry.name))
    files += part.files
    bytes += part.bytes
  }
  return { files, bytes }
}
