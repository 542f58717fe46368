import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'

/** Hashing this much takes about a millisecond, so other work of the thread goes on between. */
const CHUNK_BYTES = 1 << 20

/**
 * SHA-256 of a file, hexadecimal; `onBytes` hears of each chunk.
 * @throws the signal's reason when it aborts, and the file system's errors.
 */
export async function sha256Of(path: string, signal?: AbortSignal, onBytes: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
    onBytes((chunk as Buffer).length)
  }
  signal?.throwIfAborted()
  return hash.digest('hex')
}

/**
 * Size and SHA-256 over the first and the last MiB: equal for equal files, and for few others. @throws the file system's
 * errors.
 */
export async function fingerprintOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const hash = createHash('sha256')
    const part = Buffer.alloc(CHUNK_BYTES)
    for (const at of [0, Math.max(0, size - CHUNK_BYTES)]) {
      const { bytesRead } = await file.read(part, 0, CHUNK_BYTES, at)
      hash.update(part.subarray(0, bytesRead))
    }
    return `${size}:${hash.digest('hex')}`
  } finally {
    await file.close()
  }
}
