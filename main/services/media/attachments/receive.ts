import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { chmod, copyFile, open, rm, stat, utimes } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { AppError, say } from '#contract'
import type { StoreEvent } from '#contract'
import { arriving } from '../../../lib/http/body.ts'
import { SNIFF_BYTES, sniff } from '../../../lib/picture/sniff.ts'

/** Bytes that are read at once. */
const CHUNK_BYTES = 1024 ** 2
/** A pipe or a device that took the file's place must not keep the app waiting. Windows has no such flag and no need of it. */
const READ_ONLY = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK)

/** A file of the user's that is open to be stored. Call `close` in the end. */
export interface SourceFile {
  /** Its size when it was opened. */
  readonly bytes: number
  /**
   * Its bytes; each chunk lies in the same memory, and is good until the next one is asked for. Throws FileChanged as soon as
   * another program has written to it, MediaNotFound when it cannot be read to its end.
   */
  chunks(): AsyncGenerator<Uint8Array>
  /**
   * Makes `target` a clone of it, which shares its blocks on the disk and takes no time. False where the file system cannot, or
   * another file has taken the path: then nothing is at `target`.
   */
  clone(target: string): Promise<boolean>
  /** Throws FileChanged when another program has written to it since it was opened. */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}

/** What is said of a file that is not what it was. */
export const fileChanged = (name: string): AppError =>
  new AppError('FileChanged', say`${name} is still being changed by another program. Add it again once it is complete.`)

/** Copies a file as `copyFile` of Node does. */
type CopyFile = (from: string, to: string, flags: number) => Promise<void>

/**
 * Opens the file at an absolute `path` for reading; `name` is what errors call it; `copy` stands for another file system in
 * tests. Throws InvalidInput for a path that is not
 * absolute, MediaNotFound for what is not there, is no file or may not be read.
 */
export async function openSourceFile(path: string, name: string, copy: CopyFile = copyFile): Promise<SourceFile> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new AppError('InvalidInput', say`${name} is not named by its whole path. Add it again.`)
  const handle = await openFile(path, name)
  const { size, mtimeNs, dev, ino } = await handle.stat({ bigint: true })
  const bytes = Number(size)
  const checkUnchanged = async () => {
    const now = await handle.stat({ bigint: true })
    if (now.size !== size || now.mtimeNs !== mtimeNs) throw fileChanged(name)
  }

  return {
    bytes,
    async *chunks() {
      for await (const chunk of readChunks(handle, bytes, name)) {
        yield chunk
        await checkUnchanged()
      }
    },
    checkUnchanged,
    async clone(target) {
      const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE
      const isCloned = await copy(path, target, flags).then(
        () => true,
        () => false,
      )
      const now = isCloned ? await stat(path, { bigint: true }).catch(() => null) : null
      if (now?.dev === dev && now.ino === ino) return true
      await rm(target, { force: true })
      return false
    },
    close: () => handle.close(),
  }
}

/** The open handle of a file that is one. */
async function openFile(path: string, name: string): Promise<FileHandle> {
  try {
    // looked at first: opening a device can do something
    checkIsFile(await stat(path), name)
    const handle = await open(path, READ_ONLY)
    try {
      checkIsFile(await handle.stat(), name)
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  } catch (error) {
    throw error instanceof AppError ? error : cannotRead(name, error)
  }
}

function checkIsFile(facts: { isFile(): boolean; isDirectory(): boolean }, name: string): void {
  if (facts.isFile()) return
  throw new AppError(
    'MediaNotFound',
    facts.isDirectory()
      ? say`${name} is a folder. Folders cannot be added; add the files in it.`
      : say`${name} is a device or a pipe, not a file. Add a picture or a video file.`,
  )
}

/** The bytes of an open file from its beginning; `bytes`: how many there are to be. */
export async function* readChunks(handle: FileHandle, bytes: number, name: string): AsyncGenerator<Uint8Array> {
  const memory = Buffer.allocUnsafeSlow(Math.max(1, Math.min(CHUNK_BYTES, bytes + 1)))
  for (let position = 0; ; ) {
    const { bytesRead } = await handle
      .read(memory, 0, memory.length, position)
      .catch((error: unknown) => Promise.reject(cannotRead(name, error)))
    position += bytesRead
    if (position > bytes || (bytesRead === 0 && position < bytes)) throw fileChanged(name)
    if (bytesRead === 0) return
    yield memory.subarray(0, bytesRead)
  }
}

/** Why a file could not be opened or read to its end, and what helps. */
function cannotRead(name: string, cause: unknown): AppError {
  const code = (cause as NodeJS.ErrnoException).code ?? ''
  const why =
    code === 'ENOENT' || code === 'ENOTDIR'
      ? 'is not there any more. Add it again from where it is now.'
      : code === 'EACCES' || code === 'EPERM'
        ? 'may not be read by this account. Allow that in its permissions, or add a copy of it.'
        : code === 'EBUSY' || code === 'ETXTBSY'
          ? 'is held by another program. Close it there, then add it again.'
          : 'could not be read. Check the drive that it is on, then add it again.'
  return new AppError('MediaNotFound', say`${name} ${why}`, undefined, { cause })
}

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
    // a clone may be as old as its source: what is stored begins to be of use now
    await utimes(target, new Date(), new Date())
    const clone = await open(target, 'r+')
    try {
      const received = yield* digest(readChunks(clone, total, name), { ...options, total })
      // the clone is of one moment, but of which one, if the file is still being written?
      await source.checkUnchanged()
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
  new AppError('Interrupted', say`${name} did not arrive completely. Add it again.`, undefined, { cause })

/** The disk or the folder refused. */
export const cannotStore = (name: string, cause: unknown) =>
  new AppError(
    'StorageFailed',
    say`${name} could not be stored. Check that the disk has room and the data folder can be written, then add it again.`,
    undefined,
    { cause },
  )

function refuseBeyond(limit: number, bytes: number, name: string): void {
  if (bytes <= limit) return
  const megabytes = Math.floor(limit / 1024 / 1024)
  throw new AppError('MediaTooLarge', say`${name} is larger than ${megabytes} MB. Save it smaller and add that.`, {
    limit,
  })
}
