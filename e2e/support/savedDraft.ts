import { join } from 'node:path'
import SQLite from 'better-sqlite3'

/** The drafts that are stored in a data folder, as JSON. */
export function savedDraft(folder: string): string {
  const db = new SQLite(join(folder, 'sightline.db'), { readonly: true })
  try {
    return db.prepare<[], string>("SELECT coalesce(group_concat(draft), '') FROM drafts").pluck().get() ?? ''
  } finally {
    db.close()
  }
}
