import SQLite from 'better-sqlite3'
import { AppError } from '#contract'
import { toStorageError } from './errors.ts'

/**
 * Takes the data folder for this process until the returned function is called or the process ends, however it ends: the
 * operating system holds the lock, through an open SQLite transaction on a file of its own. Throws Busy when another
 * process (or another store in this one) has it for longer than `waitMs`, for which this thread is held up, StorageFailed
 * when the folder cannot be written.
 */
export function lockFolder(path: string, waitMs = 0): () => void {
  let file: SQLite.Database | undefined
  try {
    file = new SQLite(path, { timeout: waitMs })
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file?.close()
    if (error instanceof SQLite.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      throw new AppError('Busy', 'Another window has the data. Close it, or go on there.', { path }, { cause: error })
    }
    throw toStorageError(error, path)
  }
  const held = file
  return () => void held.close()
}
