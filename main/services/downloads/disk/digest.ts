import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'

/** Hashing this much takes about a millisecond, so other work of the thread goes on between. */
const CHUNK_BYTES = 1024 * 1024

/** SHA-256 of a file, hexadecimal. Throws the signal's reason when it aborts, and the file system's errors. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(path, 'r')
  try {
    for await (const chunk of handle.createReadStream({ highWaterMark: CHUNK_BYTES, autoClose: false })) {
      signal.throwIfAborted()
      hash.update(chunk as Buffer)
    }
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}
