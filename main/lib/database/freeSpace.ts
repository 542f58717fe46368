import { statfsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Database } from 'better-sqlite3'

/** Space from which it is given back, in bytes, where it is also a quarter of the file. */
const WORTHWHILE = 4 * 2 ** 20
/** Pages that are given back in one step: some ms. */
const STEP = 500
/** The most that is rewritten whole, in bytes: it keeps the process for about two seconds. */
const REWRITABLE = 200 * 2 ** 20

const INCREMENTAL = 2
const number = (db: Database, name: string) => db.pragma(name, { simple: true }) as number

/** Whether so much of the file is unused that the space is worth giving back to the disk. */
export function hasMuchFreeSpace(db: Database): boolean {
  const free = number(db, 'freelist_count')
  return free * 4 > number(db, 'page_count') && free * number(db, 'page_size') >= WORTHWHILE
}

/** Space on the disk that the file of `db` may take, in bytes; 0 where that cannot be told. */
function freeDiskOf(db: Database): number {
  try {
    const { bavail, bsize } = statfsSync(dirname(db.name))
    return bavail * bsize
  } catch {
    return 0
  }
}

/**
 * Whether the file may be rewritten whole: what it holds is not too much to be written in one go, and the disk has room for
 * it twice, as a file beside it and in the log.
 */
function canBeRewritten(db: Database, freeDisk: number): boolean {
  const held = (number(db, 'page_count') - number(db, 'freelist_count')) * number(db, 'page_size')
  return held <= REWRITABLE && freeDisk >= 2 * held + WORTHWHILE
}

/**
 * Gives unused space back to the disk, a step at a time: true while there is more. The first step of a file that was made
 * before it could be done in steps rewrites it whole, for about a second per 100 MB; a process that ends within it leaves
 * the file as it was. A file too large for that, or on a disk without the room, keeps its unused space, which what is
 * stored later takes. Outside of transactions only; throws SqliteError. `freeDisk`: room on its disk, in bytes.
 */
export function giveSpaceBack(db: Database, freeDisk = freeDiskOf(db)): boolean {
  const before = number(db, 'freelist_count')
  if (number(db, 'auto_vacuum') === INCREMENTAL) db.pragma(`incremental_vacuum(${STEP})`)
  else {
    if (!canBeRewritten(db, freeDisk)) return false
    db.pragma('auto_vacuum = INCREMENTAL')
    db.exec('VACUUM')
  }
  const left = number(db, 'freelist_count')
  // a step that frees nothing is the last one, whatever the reason
  const isMore = left > 0 && left < before
  // what was moved lies in the log until then
  if (!isMore) db.pragma('wal_checkpoint(TRUNCATE)')
  return isMore
}
