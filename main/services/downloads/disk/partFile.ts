import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncFolder } from '../../../lib/files/index.ts'
import { notAFile } from './folder.ts'

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
