import { rmSync, statSync } from 'node:fs'
import { AppError, unlessAborted } from '#contract'
import { lockFolder } from '../../../lib/database/index.ts'

/** Locks on the files that are being written. */
export interface TargetLocks {
  /**
   * Waits until no other job of this process has `target`, then locks it against other processes until the returned
   * function is called or this process ends. Throws Busy when another process has it, and the signal's reason.
   */
  take(target: string, signal: AbortSignal): Promise<() => void>
  /** As `take`, at once; null when anyone has it. */
  tryTake(target: string): (() => void) | null
}

export function createTargetLocks(): TargetLocks {
  const held = new Map<string, Promise<void>>()
  const lock = (target: string) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    held.set(keyOf(target), promise)
    const free = () => {
      held.delete(keyOf(target))
      resolve()
    }
    try {
      const unlock = lockFile(`${target}.lock`)
      return () => {
        unlock()
        free()
      }
    } catch (error) {
      free()
      throw error
    }
  }
  return {
    async take(target, signal) {
      for (let other = held.get(keyOf(target)); other; other = held.get(keyOf(target)))
        await unlessAborted(other, signal)
      return lock(target)
    },
    tryTake(target) {
      try {
        return held.has(keyOf(target)) ? null : lock(target)
      } catch {
        return null
      }
    },
  }
}

/** Windows and macOS do not tell capital letters apart. */
const keyOf = (target: string) => target.normalize('NFC').toLowerCase()

/**
 * An exclusive lock that the operating system holds on the file at `path`: it ends with the process, however that ends, so
 * none is ever stale. The file is removed when the lock is given back.
 */
function lockFile(path: string): () => void {
  for (;;) {
    // Whoever had it before may remove the file while it is being opened here; then the lock would be on a file without a name.
    const before = inode(path)
    const unlock = lockPath(path)
    if (before !== undefined && before === inode(path)) return () => release(path, unlock)
    unlock()
  }
}

const inode = (path: string) => statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

function lockPath(path: string): () => void {
  try {
    return lockFolder(path)
  } catch (error) {
    const isBusy = error instanceof AppError && error.code === 'Busy'
    const message = isBusy
      ? 'Another program is downloading this file. Wait until it is done there, or stop it, then resume the download.'
      : 'No file can be made in the models folder. Check its permissions or choose another one, then resume the download.'
    throw new AppError(isBusy ? 'Busy' : 'StorageFailed', message, { path }, { cause: error })
  }
}

/** The file goes while it is still locked; on Windows, which keeps open files, after that, unless someone else has taken it. */
function release(path: string, unlock: () => void): void {
  if (process.platform === 'win32') unlock()
  try {
    rmSync(path, { force: true })
  } catch {
    // an empty file stays
  }
  if (process.platform !== 'win32') unlock()
}
