import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, say } from '#contract'
import SQLite from 'better-sqlite3'
import { migrations } from './migrations/index.ts'
import { isDamage, watchStatements } from './statements.ts'
import type { SlowQuery } from './statements.ts'

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
      throw new AppError(
        'Busy',
        say`Another window has the data. Close it, or go on there.`,
        { path },
        { cause: error },
      )
    }
    throw toStorageError(error, path)
  }
  const held = file
  return () => void held.close()
}

/** Size and time of change of a database file, as text. */
function signOf(path: string): string {
  const { size, mtimeNs } = statSync(path, { bigint: true })
  return `${size} ${mtimeNs}\n`
}

/**
 * Whether the database file at `path` is as the last `noteCleanEnd` left it: a file that was closed by us and not touched
 * since needs no check. After a crash, a power cut, or where another program wrote, copied or restored it, it does.
 */
export function endedCleanly(path: string, note: string): boolean {
  try {
    return !existsSync(`${path}-wal`) && readFileSync(note, 'utf8') === signOf(path)
  } catch {
    return false
  }
}

/** Forgets the clean end; comes before the first write. Throws what the file system does. */
export function forgetCleanEnd(note: string): void {
  rmSync(note, { force: true })
}

/** Notes that the database file at `path` is closed with all that it holds; without the note it is checked again. */
export function noteCleanEnd(path: string, note: string): void {
  try {
    if (!existsSync(`${path}-wal`)) writeFileSync(note, signOf(path), { mode: 0o600 })
  } catch {
    // A full or read-only disk costs the next start a check, no more.
  }
}

export { giveSpaceBack, hasMuchFreeSpace } from './freeSpace.ts'

/** How long a start waits for one that was just ended and still has the folder, in ms. */
const PREDECESSOR_MS = 2_000

/** An open SQLite connection; every call is synchronous and a returned write is on the disk. */
export type Database = SQLite.Database

/** The store of one data folder, held by this process alone. */
export interface Store {
  readonly db: Database
  readonly path: string
  close(): void
}

/**
 * Opens `sightline.db` in `folder` (made when missing, readable by its owner only) and brings it to the current schema
 * version. Unless it is as our last clean end left it, the whole file is checked first. Throws Busy when another process
 * has the folder, and StorageFailed when the file is damaged, written by a newer version or not writable; the file is left
 * as it was then. `onSlow` is told of every statement that keeps the process longer than 40 ms.
 */
export function openStore(folder: string, onSlow?: (query: SlowQuery) => void): Store {
  const path = join(folder, 'sightline.db')
  const note = join(folder, 'sightline.clean')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new AppError(
      'StorageFailed',
      say`The data folder ${folder} cannot be made. Check its permissions, then start the app again.`,
      { path },
      { cause: error },
    )
  }
  const unlock = lockFolder(join(folder, 'sightline.lock'), PREDECESSOR_MS)
  let db: Database | undefined
  try {
    const isChecked = endedCleanly(path, note)
    db = new SQLite(path)
    prepare(db, isChecked)
    forgetCleanEnd(note)
    migrate(db, migrations)
  } catch (error) {
    db?.close()
    unlock()
    throw toStorageError(error, path)
  }
  const opened = db
  let isDamaged = false
  const onError = (error: unknown): void => void (isDamaged ||= isDamage(error))
  watchStatements(opened, { onError, ...(onSlow && { onSlow }) })
  return {
    db: opened,
    path,
    close: () => {
      opened.close()
      // what met damage is checked by the next start, which says so
      if (!isDamaged) noteCleanEnd(path, note)
      unlock()
    },
  }
}

function prepare(db: Database, isChecked: boolean): void {
  // Reading the version comes first: it fails on a file that is not a database before anything is written.
  const version = schemaVersion(db)
  if (version > migrations.length) {
    throw new AppError(
      'StorageFailed',
      say`These conversations were written by a newer version of the app. Install that version or a later one; nothing was changed.`,
      { found: version, known: migrations.length },
    )
  }
  if (!isChecked) check(db)
  // Only of a file that is still empty; space that becomes free can then be given back step by step.
  db.pragma('auto_vacuum = INCREMENTAL')
  db.pragma('journal_mode = WAL')
  db.pragma('synchronous = FULL')
  db.pragma('foreign_keys = ON')
  db.pragma('busy_timeout = 5000')
}

/** Reads the whole file. Throws SqliteError when anything in it is damaged. */
function check(db: Database): void {
  const [found] = db.pragma('quick_check(1)') as { quick_check: string }[]
  if (found?.quick_check !== 'ok')
    throw new SQLite.SqliteError(found?.quick_check ?? 'quick_check failed', 'SQLITE_CORRUPT')
}

/** Applies the steps that `db` has not seen, each in its own transaction together with its version number. */
export function migrate(db: Database, steps: readonly string[]): void {
  for (let version = schemaVersion(db); version < steps.length; version++) {
    const step = steps[version] as string
    db.transaction(() => {
      db.exec(step)
      db.pragma(`user_version = ${version + 1}`)
    })()
  }
}

/** The number of migrations the file has seen. */
export function schemaVersion(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number
}
