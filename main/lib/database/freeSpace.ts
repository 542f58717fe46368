import type { Database } from './index.ts'

/** Space from which it is given back, in bytes, where it is also a quarter of the file. */
const WORTHWHILE = 4 * 2 ** 20
/** Pages that are given back in one step: some ms. */
const STEP = 500

/** Whether so much of the file is unused that the space is worth giving back to the disk. */
export function hasMuchFreeSpace(db: Database): boolean {
  const number = (name: string) => db.pragma(name, { simple: true }) as number
  const free = number('freelist_count')
  return free * 4 > number('page_count') && free * number('page_size') >= WORTHWHILE
}

/**
 * Gives unused space back to the disk, a step at a time: true while there is more. The first step of a file that was made
 * before it could be done in steps rewrites it whole, for about a second per 100 MB, and needs as much space on the disk
 * meanwhile; a process that ends within it leaves the file as it was. Outside of transactions only; throws SqliteError.
 */
export function giveSpaceBack(db: Database): boolean {
  const INCREMENTAL = 2
  if (db.pragma('auto_vacuum', { simple: true }) === INCREMENTAL) db.pragma(`incremental_vacuum(${STEP})`)
  else {
    db.pragma('auto_vacuum = INCREMENTAL')
    db.exec('VACUUM')
  }
  const isMore = (db.pragma('freelist_count', { simple: true }) as number) > 0
  // what was moved lies in the log until then
  if (!isMore) db.pragma('wal_checkpoint(TRUNCATE)')
  return isMore
}
