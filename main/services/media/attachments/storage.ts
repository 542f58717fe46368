import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Attachment, textOfLines } from '#contract'
import type { PageLine, Sha256 } from '#contract'
import { toStorageError } from '../../../lib/database/index.ts'
import type { Database } from '../../../lib/database/index.ts'
import { placeFile } from '../../../lib/files/files.ts'

/** Thumbnails lie beside their file; the ending is their type. */
export const thumbnailMimes = { webp: 'image/webp', png: 'image/png' } as const
export type ThumbnailMime = (typeof thumbnailMimes)[keyof typeof thumbnailMimes]

/** The folder of attachments: `<first two digits>/<sha>`, thumbnails beside them, unfinished files in `incoming`. */
export interface AttachmentFiles {
  original(sha: Sha256): string
  thumbnail(sha: Sha256, mime: ThumbnailMime): string
  /** Where a picture in full size lies that a browser shows, of one that none does. */
  view(sha: Sha256): string
  /** The thumbnail that is there, if any. */
  findThumbnail(sha: Sha256): { path: string; mime: ThumbnailMime } | null
  /** A new path for an unfinished file; nothing is there yet. */
  temporary(): string
  /** Moves an unfinished file to its place, so that it is there, and whole, after a power cut too. */
  place(from: string, to: string): Promise<void>
  /** At once, so that no other step of the store can come between. */
  remove(sha: Sha256): void
  /** Every sha that has a file, with its age in ms since it was last written. */
  list(): AsyncIterable<{ sha: Sha256; age: number }>
}

/** Makes the folder where it is missing and clears what earlier runs left unfinished. One process per folder. */
export function attachmentFiles(folder: string): AttachmentFiles {
  const incoming = join(folder, 'incoming')
  rmSync(incoming, { recursive: true, force: true })
  mkdirSync(incoming, { recursive: true, mode: 0o700 })
  const original = (sha: Sha256) => join(folder, sha.slice(0, 2), sha)
  const thumbnails = (sha: Sha256) =>
    Object.entries(thumbnailMimes).map(([ending, mime]) => ({ path: `${original(sha)}.${ending}`, mime }))

  return {
    original,
    thumbnail: (sha, mime) => `${original(sha)}.${mime === 'image/png' ? 'png' : 'webp'}`,
    view: (sha) => `${original(sha)}.view`,
    findThumbnail: (sha) => thumbnails(sha).find(({ path }) => existsSync(path)) ?? null,
    temporary: () => join(incoming, randomUUID()),
    place: placeFile,
    remove(sha) {
      for (const path of [original(sha), `${original(sha)}.view`, ...thumbnails(sha).map(({ path }) => path)])
        rmSync(path, { force: true })
    },
    async *list() {
      for (const prefix of await readdir(folder)) {
        if (!/^[0-9a-f]{2}$/.test(prefix)) continue
        for (const name of await readdir(join(folder, prefix))) {
          if (!/^[0-9a-f]{64}$/.test(name)) continue
          const facts = await stat(join(folder, prefix, name)).catch(() => null)
          if (facts) yield { sha: name, age: Date.now() - facts.mtimeMs }
        }
      }
    },
  }
}

/** The facts of stored files in the database. Every method throws StorageFailed. */
export interface AttachmentRows {
  get(sha: Sha256): Attachment | null
  /** Adds or renews a row; the name and the time of the last upload win. */
  put(attachment: Attachment, storedAt: number): void
  /** Keeps the text layer of a stored page; without a line there is nothing to keep. */
  putText(sha: Sha256, lines: readonly PageLine[]): void
  /** The lines of a stored page. */
  text(sha: Sha256): readonly PageLine[]
  /** The files of which a stored picture is a page, with the pictures. */
  pagedFiles(): ReadonlyMap<Sha256, readonly Sha256[]>
  /** Removes the rows that `keep` does not hold and that `isDue`, told when they were stored (ms); returns their shas. */
  removeUnused(keep: ReadonlySet<Sha256>, isDue: (stored: { sha: Sha256; storedAt: number }) => boolean): Sha256[]
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
  const all = database.prepare<[], { sha: Sha256; storedAt: number }>(
    'SELECT sha, stored_at AS storedAt FROM attachments',
  )
  const pages = database.prepare<[], { sha: Sha256; pdf: Sha256 }>(
    `SELECT sha, facts ->> '$.page.pdf' AS pdf FROM attachments WHERE pdf IS NOT NULL`,
  )
  const putText = database.prepare('INSERT OR REPLACE INTO page_texts (sha, text, lines) VALUES (?, ?, ?)')
  const text = database.prepare<[Sha256], string>('SELECT lines FROM page_texts WHERE sha = ?').pluck()
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
    putText: guarded((sha, lines) => {
      if (lines.length > 0) putText.run(sha, textOfLines(lines), JSON.stringify(lines))
    }),
    text: guarded((sha) => JSON.parse(text.get(sha) ?? '[]') as PageLine[]),
    pagedFiles: guarded(() => {
      const files = new Map<Sha256, Sha256[]>()
      for (const { sha, pdf } of pages.all()) files.set(pdf, [...(files.get(pdf) ?? []), sha])
      return files
    }),
    removeUnused: guarded((keep, isDue) =>
      database.transaction(() => {
        const unused = all.all().flatMap((stored) => (!keep.has(stored.sha) && isDue(stored) ? [stored.sha] : []))
        for (const sha of unused) remove.run(sha)
        return unused
      })(),
    ),
  }
}

/** What is known of a file beyond what every one has, as JSON; null: nothing. */
function factsOf(attachment: Attachment): string | null {
  if (attachment.kind === 'image') {
    const { pages, notes, page } = attachment
    return (pages ?? notes ?? page) === undefined ? null : JSON.stringify({ pages, notes, page })
  }
  const { durationMs, frames, fps, codec, startMs, notes } = attachment
  return JSON.stringify({ durationMs, frames, fps, codec, startMs, notes })
}
