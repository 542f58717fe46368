import { MAX_PLACES } from '#contract'
import type { Attachment, GalleryItem, GalleryKind } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { partOf } from './rows.ts'
import type { PartRow } from './rows.ts'
import type { SearchIndex } from './searchIndex.ts'

/** The media of all conversations that are not in the trash, and what models saw in the pictures among them. */
export interface Gallery {
  /** As the contract's `gallery.list`. */
  list(kind: GalleryKind, offset: number, limit: number): { total: number; items: GalleryItem[] }
  described(): { pictures: number; described: number }
  /** Stores what is in a picture, so that search finds the messages that show it. */
  describe(sha: string, description: { readonly text: string; readonly model: string }, now: number): void
  /** Forgets what was said of a picture; null: of all. */
  forget(sha: string | null): void
  /** The picture that was shown last among those that are not described and not in `except`; null: there is none. */
  nextUndescribed(except: ReadonlySet<string>): string | null
}

/** What each kind is in SQL, of a part `p`. */
const kinds: Readonly<Record<GalleryKind, string>> = {
  all: `p.type IN ('image', 'video')`,
  picture: `p.type = 'image'`,
  page: `p.type = 'image' AND p.attachment ->> '$.page' IS NOT NULL`,
  video: `p.type = 'video'`,
}

/** Parts with media of conversations that are not in the trash. */
const shown = `
  FROM parts p JOIN messages m ON m.id = p.message_id JOIN conversations c ON c.id = m.conversation_id
  WHERE p.attachment_sha IS NOT NULL AND c.deleted_at IS NULL`

/** The gallery of `db`, whose descriptions go into `index`. */
export function createGallery(db: Database, index: Pick<SearchIndex, 'addMessage'>): Gallery {
  const statements = (kind: GalleryKind) => ({
    total: db.prepare<[], number>(`SELECT count(DISTINCT p.attachment_sha) ${shown} AND ${kinds[kind]}`).pluck(),
    shas: db
      .prepare<[number, number], string>(`
        SELECT p.attachment_sha ${shown} AND ${kinds[kind]}
        GROUP BY p.attachment_sha ORDER BY max(m.position) DESC, p.attachment_sha LIMIT ? OFFSET ?`)
      .pluck(),
  })
  const of = {
    all: statements('all'),
    picture: statements('picture'),
    page: statements('page'),
    video: statements('video'),
  }
  const places = db.prepare<[string], PartRow & { message: string; conversation: string; title: string }>(`
    SELECT p.type, p.text, p.attachment, m.id AS message, c.id AS conversation, c.title ${shown} AND p.attachment_sha = ?
    ORDER BY m.position DESC`)
  const description = db.prepare<[string], string>('SELECT text FROM picture_descriptions WHERE sha = ?').pluck()
  const put = db.prepare(
    'INSERT OR REPLACE INTO picture_descriptions (sha, text, model, described_at) VALUES (@sha, @text, @model, @now)',
  )
  const holders = db.prepare<[string], string>('SELECT DISTINCT message_id FROM parts WHERE attachment_sha = ?').pluck()
  const drop = db.prepare('DELETE FROM picture_descriptions WHERE sha = ?')
  const allDescribed = db.prepare<[], string>('SELECT sha FROM picture_descriptions').pluck()
  const describedCount = db
    .prepare<[], number>(`
      SELECT count(DISTINCT p.attachment_sha) ${shown} AND p.type = 'image'
      AND p.attachment_sha IN (SELECT sha FROM picture_descriptions)`)
    .pluck()
  const undescribed = db
    .prepare<[], string>(`
      SELECT p.attachment_sha ${shown} AND p.type = 'image'
      AND p.attachment_sha NOT IN (SELECT sha FROM picture_descriptions)
      GROUP BY p.attachment_sha ORDER BY max(m.position) DESC`)
    .pluck()
  const forget = (sha: string): void => {
    drop.run(sha)
    holders.all(sha).forEach((id) => index.addMessage(id))
  }

  function itemOf(sha: string): GalleryItem {
    const rows = places.all(sha)
    const latest = Map.groupBy(rows, ({ conversation }) => conversation)
    const part = partOf(rows[0]!) as { attachment: Attachment }
    return {
      attachment: part.attachment,
      places: [...latest.values()]
        .slice(0, MAX_PLACES)
        .map(([row]) => ({ conversationId: row!.conversation, messageId: row!.message, title: row!.title })),
      description: description.get(sha) ?? null,
    }
  }

  return {
    list: (kind, offset, limit) => ({
      total: of[kind].total.get()!,
      items: of[kind].shas.all(limit, offset).map(itemOf),
    }),
    described: () => ({ pictures: of.picture.total.get()!, described: describedCount.get()! }),
    describe: (sha, { text, model }, now) =>
      db.transaction(() => {
        put.run({ sha, text: text.toWellFormed(), model, now })
        holders.all(sha).forEach((id) => index.addMessage(id))
      })(),
    forget: (sha) => db.transaction(() => (sha === null ? allDescribed.all() : [sha]).forEach(forget))(),
    nextUndescribed(except) {
      for (const sha of undescribed.iterate()) if (!except.has(sha)) return sha
      return null
    },
  }
}
