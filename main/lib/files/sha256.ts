import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** Hashing this much takes about a millisecond, so other work of the thread goes on between. */
const CHUNK_BYTES = 1 << 20

/**
 * SHA-256 of a file, hexadecimal; `onBytes` hears of each chunk.
 * @throws the signal's reason when it aborts, and the file system's errors.
 */
export async function sha256Of(
  path: string,
  signal?: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
    signal?.throwIfAborted()
    hash.update(chunk as Buffer)
    onBytes((chunk as Buffer).length)
  }
  signal?.throwIfAborted()
  return hash.digest('hex')
}
