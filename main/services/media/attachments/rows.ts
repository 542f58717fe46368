import { Attachment } from '#contract'
import type { Sha256 } from '#contract'
import { toStorageError } from '../../../lib/database/index.ts'
import type { Database } from '../../../lib/database/index.ts'

/** The facts of stored files in the database. Every method throws StorageFailed. */
export interface AttachmentRows {
  get(sha: Sha256): Attachment | null
  /** Adds or renews a row; the name and the time of the last upload win. */
  put(attachment: Attachment, storedAt: number): void
  /** Removes the rows that `keep` does not hold and that were stored before `before` (ms); returns their shas. */
  removeUnused(keep: ReadonlySet<Sha256>, before: number): Sha256[]
}

/** Prepares the statements on the `attachments` table. */
export function attachmentRows(database: Database): AttachmentRows {
  const select = database.prepare(
    'SELECT sha, kind, mime, name, bytes, width, height, facts FROM attachments WHERE sha = ?',
  )
  const upsert = database.prepare(`
    INSERT INTO attachments (sha, kind, mime, name, bytes, width, height, facts, stored_at)
    VALUES (@sha, @kind, @mime, @name, @bytes, @width, @height, @facts, @storedAt)
    ON CONFLICT (sha) DO UPDATE SET kind = excluded.kind, mime = excluded.mime, name = excluded.name, bytes = excluded.bytes,
      width = excluded.width, height = excluded.height, facts = excluded.facts, stored_at = excluded.stored_at`)
  const old = database.prepare('SELECT sha FROM attachments WHERE stored_at < ?').pluck()
  const remove = database.prepare('DELETE FROM attachments WHERE sha = ?')
  const guarded =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return work(...args)
      } catch (error) {
        throw toStorageError(error, database.name)
      }
    }
  return {
    get: guarded((sha) => {
      const row = select.get(sha) as { facts: string | null } | undefined
      return row === undefined ? null : Attachment.parse({ ...row, ...(JSON.parse(row.facts ?? '{}') as object) })
    }),
    put: guarded((attachment, storedAt) => void upsert.run({ ...attachment, facts: factsOf(attachment), storedAt })),
    removeUnused: guarded((keep, before) =>
      database.transaction(() => {
        const unused = (old.all(before) as Sha256[]).filter((sha) => !keep.has(sha))
        for (const sha of unused) remove.run(sha)
        return unused
      })(),
    ),
  }
}

/** What is known of a file beyond what every one has, as JSON; null: nothing. */
function factsOf(attachment: Attachment): string | null {
  if (attachment.kind === 'image') {
    const { pages, notes } = attachment
    return pages === undefined && notes === undefined ? null : JSON.stringify({ pages, notes })
  }
  const { durationMs, frames, fps, codec, startMs, notes } = attachment
  return JSON.stringify({ durationMs, frames, fps, codec, startMs, notes })
}
