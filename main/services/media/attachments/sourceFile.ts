import { constants } from 'node:fs'
import { copyFile, open, rm, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { AppError } from '#contract'

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
   * Makes `target` a clone of it, which shares its blocks on the disk and takes no time. False where the file system cannot:
   * then nothing is at `target`.
   */
  clone(target: string): Promise<boolean>
  close(): Promise<void>
}

/** What is said of a file that is not what it was. */
export const fileChanged = (name: string): AppError =>
  new AppError('FileChanged', `${name} is still being changed by another program. Add it again once it is complete.`)

/**
 * Opens the file at an absolute `path` for reading; `name` is what errors call it. Throws InvalidInput for a path that is not
 * absolute, MediaNotFound for what is not there, is no file or may not be read.
 */
export async function openSourceFile(path: string, name: string): Promise<SourceFile> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new AppError('InvalidInput', `${name} is not named by its whole path. Add it again.`)
  const handle = await openFile(path, name)
  const { size, mtimeNs, dev, ino } = await handle.stat({ bigint: true })
  const bytes = Number(size)

  return {
    bytes,
    async *chunks() {
      for await (const chunk of readChunks(handle, bytes, name)) {
        yield chunk
        const now = await handle.stat({ bigint: true })
        if (now.size !== size || now.mtimeNs !== mtimeNs) throw fileChanged(name)
      }
    },
    async clone(target) {
      const flags = constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE
      const isCloned = await copyFile(path, target, flags).then(
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
      ? `${name} is a folder. Folders cannot be added; add the files in it.`
      : `${name} is a device or a pipe, not a file. Add a picture or a video file.`,
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
  return new AppError('MediaNotFound', `${name} ${why}`, undefined, { cause })
}
