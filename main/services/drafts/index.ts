import { SavedDraft, emptySavedDraft } from '#contract'
import type { Sha256 } from '#contract'
import { toStorageError } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'

/** The questions that are being composed, one for each conversation; null is the one that starts a conversation. */
export interface Drafts {
  /** The draft as it was saved last; empty where there is none. */
  get(conversationId: string | null): SavedDraft
  /** Saves a draft in the place of the one before; an empty one leaves nothing behind. The conversation must exist. */
  save(conversationId: string | null, draft: SavedDraft): void
  /** Shas of all files that a draft holds; with `conversationId` that one's alone. */
  referencedShas(conversationId?: string): Sha256[]
}

/** The drafts in `db`. Every method throws StorageFailed. */
export function createDrafts(db: Database): Drafts {
  const sql = {
    get: db.prepare<[string], string>(`SELECT draft FROM drafts WHERE coalesce(conversation_id, '') = ?`).pluck(),
    put: db.prepare(`
      INSERT INTO drafts (conversation_id, draft) VALUES (?, ?)
      ON CONFLICT (coalesce(conversation_id, '')) DO UPDATE SET draft = excluded.draft`),
    remove: db.prepare(`DELETE FROM drafts WHERE coalesce(conversation_id, '') = ?`),
    shas: db
      .prepare<{ id: string | null }, string>(`
        SELECT medium.value ->> '$.sha' FROM drafts, json_each(drafts.draft, '$.media') AS medium
        WHERE medium.value ->> '$.sha' IS NOT NULL AND (@id IS NULL OR conversation_id = @id)
        UNION SELECT picture.value ->> '$.sha' FROM drafts, json_each(drafts.draft, '$.media') AS medium,
          json_each(medium.value, '$.pictures') AS picture
        WHERE @id IS NULL OR conversation_id = @id`)
      .pluck(),
  }
  const guarded =
    <A extends unknown[], R>(work: (...args: A) => R) =>
    (...args: A): R => {
      try {
        return work(...args)
      } catch (error) {
        throw toStorageError(error, db.name)
      }
    }
  const get = (conversationId: string | null): SavedDraft => {
    const json = sql.get.get(conversationId ?? '')
    return json === undefined ? emptySavedDraft : readable(json)
  }
  const save = (conversationId: string | null, draft: SavedDraft): void => {
    if (isEmpty(draft)) sql.remove.run(conversationId ?? '')
    else sql.put.run(conversationId, JSON.stringify(draft))
  }
  return {
    get: guarded(get),
    save: guarded(save),
    referencedShas: guarded((conversationId) => sql.shas.all({ id: conversationId ?? null })),
  }
}

/** A draft as it was stored; what is torn, or was written otherwise by a later version, is of no use to this one. */
function readable(json: string): SavedDraft {
  try {
    return SavedDraft.parse(JSON.parse(json))
  } catch {
    return emptySavedDraft
  }
}

const isEmpty = ({ text, media, format, compareWith, thinking, job, preset }: SavedDraft): boolean =>
  [text === '', media.length === 0, format === null, compareWith === null].every(Boolean) &&
  thinking === undefined &&
  job === undefined &&
  preset === undefined
