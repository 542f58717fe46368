import { giveSpaceBack, hasMuchFreeSpace } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'
import type { SearchIndex } from './searchIndex.ts'

/** How long one step keeps the database from others, and how long it leaves it to them then, in ms. */
const STEP_MS = 20
/** Waiting time while an answer is written, before space is given back, in ms. */
const BUSY_MS = 2_000

/** Waits without keeping the process alive. */
const idle = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms).unref())

/**
 * What an update and removed conversations leave to be done, in short steps beside everything else: search is brought up to
 * date, then unused space goes back to the disk while no answer is written (`isBusy`). Ends when all is done or the
 * database is closed; a process that ends before goes on at its next start. Rejects with SqliteError, for example of a full
 * disk. `pause` waits the given ms.
 */
export async function runUpkeep(
  db: Database,
  index: Pick<SearchIndex, 'catchUp'>,
  isBusy: () => boolean,
  pause: (ms: number) => Promise<void> = idle,
): Promise<void> {
  while (db.open && index.catchUp(STEP_MS)) await pause(STEP_MS)
  if (!db.open || !hasMuchFreeSpace(db)) return
  for (let isMore = true; isMore; ) {
    await pause(isBusy() ? BUSY_MS : STEP_MS)
    if (!db.open) return
    if (!isBusy()) isMore = giveSpaceBack(db)
  }
}
