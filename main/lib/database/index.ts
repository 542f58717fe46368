import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { AppError } from '#contract'
import { endedCleanly, forgetCleanEnd, noteCleanEnd } from './cleanEnd.ts'
import { toStorageError } from './errors.ts'
import { lockFolder } from './lock.ts'
import { migrations } from './migrations/index.ts'

export { toStorageError } from './errors.ts'
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
 * as it was then.
 */
export function openStore(folder: string): Store {
  const path = join(folder, 'sightline.db')
  const note = join(folder, 'sightline.clean')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new AppError(
      'StorageFailed',
      `The data folder ${folder} cannot be made. Check its permissions, then start the app again.`,
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
  return {
    db: opened,
    path,
    close: () => {
      opened.close()
      noteCleanEnd(path, note)
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
      'These conversations were written by a newer version of the app. Install that version or a later one; nothing was changed.',
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
