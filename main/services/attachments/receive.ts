import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { AppError } from '#contract'

/** Largest upload in bytes. */
export const MAX_UPLOAD_BYTES = 512 * 1024 * 1024

/** What arrived and is on the disk. */
export interface Received {
  readonly sha: string
  readonly bytes: number
}

/**
 * Writes `body` to the new file `target`, flushed to the disk, and hashes it on the way. `name` is what errors call it.
 * Throws MediaTooLarge past `limit` bytes, Interrupted when the body or `signal` ends it, StorageFailed when the disk does.
 * The file may be there half written then.
 */
export async function receive(
  body: AsyncIterable<Uint8Array>,
  target: string,
  { name, limit, signal }: { name: string; limit: number; signal: AbortSignal | undefined },
): Promise<Received> {
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(target, 'wx', 0o600).catch((error: unknown) => Promise.reject(cannotStore(name, error)))
  try {
    for await (const chunk of untilAborted(body, name, signal)) {
      bytes += chunk.length
      if (bytes > limit) throw tooLarge(name, limit)
      hash.update(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } catch (error) {
    throw error instanceof AppError ? error : cannotStore(name, error)
  } finally {
    await file.close()
  }
  return { sha: hash.digest('hex'), bytes }
}

/** The chunks of `body`; ends with Interrupted when it fails or at the moment of the abort, even while it is silent. */
async function* untilAborted(body: AsyncIterable<Uint8Array>, name: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {})
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]).catch((error: unknown) => Promise.reject(interrupted(name, error)))
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    // Not awaited: a body that is silent may never answer.
    if (!ended) iterator.return?.().catch(() => {})
  }
}

/** The upload ended before its last byte. */
export const interrupted = (name: string, cause: unknown) =>
  new AppError('Interrupted', `${name} did not arrive completely. Add it again.`, undefined, { cause })

/** The disk or the folder refused. */
export const cannotStore = (name: string, cause: unknown) =>
  new AppError('StorageFailed', `${name} could not be stored. Check that the disk has room and the data folder can be written, then add it again.`, undefined, { cause })

const tooLarge = (name: string, limit: number) =>
  new AppError('MediaTooLarge', `${name} is larger than ${Math.floor(limit / 1024 / 1024)} MB. Save it smaller and add that.`, { limit })
