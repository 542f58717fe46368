import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Free bytes on the disk of a folder that need not be there yet; 0 when the system does not tell. */
export async function freeDiskBytes(folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path))
    try {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    } catch {
      if (path === dirname(path)) return 0
    }
}
