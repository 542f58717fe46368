import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { AppError } from '#contract'
import { untilAborted } from '../../../lib/http/body.ts'
import { sniff, SNIFF_BYTES } from '../../../lib/picture/sniff.ts'

/** Largest uploads, in bytes. */
export interface UploadLimits {
  readonly picture: number
  readonly video: number
}

export const uploadLimits: UploadLimits = { picture: 512 * 1024 ** 2, video: 8 * 1024 ** 3 }

/** What arrived and is on the disk. */
export interface Received {
  readonly sha: string
  readonly bytes: number
}

/**
 * Writes `body` to the new file `target`, flushed to the disk, and hashes it on the way. `name` is what errors call it.
 * Throws MediaTooLarge past the limit of its kind, Interrupted when the body or `signal` ends it, StorageFailed when the disk does.
 * The file may be there half written then.
 */
export async function receive(
  body: AsyncIterable<Uint8Array>,
  target: string,
  { name, limits, signal }: { name: string; limits: UploadLimits; signal: AbortSignal | undefined },
): Promise<Received> {
  const hash = createHash('sha256')
  let bytes = 0
  let head: Uint8Array = new Uint8Array()
  const file = await open(target, 'wx', 0o600).catch((error: unknown) => Promise.reject(cannotStore(name, error)))
  try {
    for await (const chunk of untilAborted(body, signal, (cause) => interrupted(name, cause))) {
      bytes += chunk.length
      if (head.length < SNIFF_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES - head.length)])
      if (bytes > limits.picture) refuseBeyond(sniff(head) === 'video' ? limits.video : limits.picture, bytes, name)
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

/** The upload ended before its last byte. */
export const interrupted = (name: string, cause: unknown) =>
  new AppError('Interrupted', `${name} did not arrive completely. Add it again.`, undefined, { cause })

/** The disk or the folder refused. */
export const cannotStore = (name: string, cause: unknown) =>
  new AppError(
    'StorageFailed',
    `${name} could not be stored. Check that the disk has room and the data folder can be written, then add it again.`,
    undefined,
    { cause },
  )

function refuseBeyond(limit: number, bytes: number, name: string): void {
  if (bytes <= limit) return
  const megabytes = Math.floor(limit / 1024 / 1024)
  throw new AppError('MediaTooLarge', `${name} is larger than ${megabytes} MB. Save it smaller and add that.`, {
    limit,
  })
}
