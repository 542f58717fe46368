import { createHash } from 'node:crypto'
import { chmod, open } from 'node:fs/promises'
import { AppError } from '#contract'
import type { StoreEvent } from '#contract'
import { arriving } from '../../../lib/http/body.ts'
import { sniff, SNIFF_BYTES } from '../../../lib/picture/sniff.ts'
import { readChunks } from './sourceFile.ts'
import type { SourceFile } from './sourceFile.ts'

/** Largest uploads, in bytes. */
export interface UploadLimits {
  readonly picture: number
  readonly video: number
}

export const uploadLimits: UploadLimits = { picture: 512 * 1024 ** 2, video: 8 * 1024 ** 3 }

/** How often it is told how far a file is, in ms. */
const PROGRESS_MS = 100

/** What arrived and is on the disk. */
export interface Received {
  readonly sha: string
  readonly bytes: number
}

export type StoreProgress = Extract<StoreEvent, { type: 'progress' }>

/** `name` is what errors call the file. */
export interface ReceiveOptions {
  readonly name: string
  readonly limits: UploadLimits
  readonly signal: AbortSignal | undefined
  /** How many bytes there will be, where that is known: what is too large is then refused with its first bytes. */
  readonly total?: number
}

/**
 * Writes `body` to the new file `target`, flushed to the disk, and hashes it on the way; tells how far it is. A chunk of the
 * body may be used again for the next one. Throws MediaTooLarge past the limit of its kind, the body's own AppError,
 * Interrupted when the body fails otherwise or `signal` ends it, StorageFailed when the disk does. The file may be there half
 * written then.
 */
export async function* receive(
  body: AsyncIterable<Uint8Array>,
  target: string,
  options: ReceiveOptions,
): AsyncGenerator<StoreProgress, Received> {
  const { name } = options
  const file = await open(target, 'wx', 0o600).catch((error: unknown) => Promise.reject(cannotStore(name, error)))
  try {
    const received = yield* digest(body, options, (chunk) => file.writeFile(chunk))
    await file.sync()
    return received
  } catch (error) {
    throw error instanceof AppError ? error : cannotStore(name, error)
  } finally {
    await file.close()
  }
}

/**
 * Copies an open file to the new file `target`, flushed to the disk, and hashes it; where the file system clones files, the
 * copy takes neither time nor room, and is what is hashed. Throws as `receive`, FileChanged when another program writes to the
 * file meanwhile, MediaNotFound when it cannot be read to its end.
 */
export async function* receiveFile(
  source: SourceFile,
  target: string,
  options: Omit<ReceiveOptions, 'total'>,
): AsyncGenerator<StoreProgress, Received> {
  const { name } = options
  const { bytes: total } = source
  if (!(await source.clone(target))) return yield* receive(source.chunks(), target, { ...options, total })
  try {
    await chmod(target, 0o600)
    const clone = await open(target, 'r+')
    try {
      const received = yield* digest(readChunks(clone, total, name), { ...options, total })
      await clone.sync()
      return received
    } finally {
      await clone.close()
    }
  } catch (error) {
    throw error instanceof AppError ? error : cannotStore(name, error)
  }
}

/** Hashes what arrives, and keeps each chunk by `write` before the next one is asked for. */
async function* digest(
  body: AsyncIterable<Uint8Array>,
  { name, limits, signal, total = 0 }: ReceiveOptions,
  write: (chunk: Uint8Array) => Promise<void> = async () => {},
): AsyncGenerator<StoreProgress, Received> {
  const hash = createHash('sha256')
  let bytes = 0
  let head: Uint8Array = new Uint8Array()
  let told = -PROGRESS_MS
  const failed = (cause: unknown) => (cause instanceof AppError ? cause : interrupted(name, cause))
  for await (const chunk of arriving(body, signal, failed)) {
    bytes += chunk.length
    if (head.length < SNIFF_BYTES) head = Buffer.concat([head, chunk.subarray(0, SNIFF_BYTES - head.length)])
    const size = Math.max(bytes, total)
    if (size > limits.picture) refuseBeyond(sniff(head) === 'video' ? limits.video : limits.picture, size, name)
    hash.update(chunk)
    await write(chunk)
    if (performance.now() - told < PROGRESS_MS) continue
    told = performance.now()
    yield { type: 'progress', done: bytes, total: size }
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
