import SQLite from 'better-sqlite3'
import { AppError } from '#contract'

const full = 'The disk is full, so the last change was not saved. Free some space, then try again.'
const readOnly = 'The data folder cannot be written. Check its permissions, then start the app again.'
const damaged =
  'The file that holds the conversations is damaged. Nothing was deleted. Close the app, move the file away or put a copy from a backup in its place, then start again.'

/**
 * A SQLite error as the `StorageFailed` a user can act on, any other value as it is. `path` is the database file, named
 * in the detail.
 */
export function toStorageError(error: unknown, path?: string): unknown {
  if (!(error instanceof SQLite.SqliteError)) return error
  const detail = { sqlite: error.code, ...(path ? { path } : {}) }
  return new AppError('StorageFailed', advice(error), detail, { cause: error })
}

function advice(error: InstanceType<typeof SQLite.SqliteError>): string {
  if (error.code === 'SQLITE_FULL') return full
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) return damaged
  if (/^SQLITE_(READONLY|CANTOPEN|PERM)/.test(error.code)) return readOnly
  return `The conversations could not be read or saved (${error.message}). Check the disk, then start the app again.`
}
