import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

const CHUNK_BYTES = 1 << 20

/**
 * Copies a file to `target`, which must not be there, flushes it to the disk and returns the SHA-256 of what was read.
 * @throws the signal's reason when it aborts, and the file system's errors; `target` may be there in part then.
 */
export async function copyFile(
  source: string,
  target: string,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256')
  const from = await open(source, 'r')
  try {
    const to = await open(target, 'wx')
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      for (;;) {
        signal.throwIfAborted()
        const { bytesRead } = await from.read(chunk, 0, CHUNK_BYTES)
        if (bytesRead === 0) break
        for (let at = 0; at < bytesRead; ) at += (await to.write(chunk, at, bytesRead - at)).bytesWritten
        hash.update(chunk.subarray(0, bytesRead))
        onBytes(bytesRead)
      }
      await to.sync()
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
  return hash.digest('hex')
}
