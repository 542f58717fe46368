import type { Database } from '../../lib/database/index.ts'
import { conversationOf } from './rows.ts'
import type { ConversationRow } from './rows.ts'
import { snippetOf } from './snippet.ts'
import type { SearchHit } from './types.ts'

type HitRow = ConversationRow & { found: string }

/**
 * Conversations that hold every word of `query` in their title, or in one message of any branch. Words of three or more
 * characters go through the trigram index; shorter ones (common in Chinese) are compared with each candidate.
 */
export function search(db: Database, query: string, limit: number): SearchHit[] {
  const terms = query.replaceAll('\0', ' ').trim().split(/\s+/u).filter(Boolean)
  if (terms.length === 0) return []
  const long = terms.filter((term) => [...term].length >= 3)
  const short = terms.filter((term) => [...term].length < 3)
  const values = [
    ...(long.length > 0 ? [long.map((term) => `"${term.replaceAll('"', '""')}"`).join(' ')] : []),
    ...short.map((term) => `%${term.replace(/[\\%_]/g, '\\$&')}%`),
  ]
  const where = (table: string) =>
    [...(long.length > 0 ? [`${table} MATCH ?`] : []), ...short.map(() => `${table}.text LIKE ? ESCAPE '\\'`)].join(' AND ')

  const titles = `SELECT c.*, title_search.text AS found FROM title_search
    JOIN conversations c ON c.position = title_search.rowid
    WHERE ${where('title_search')} ORDER BY c.updated_at DESC`
  const messages = `SELECT c.*, message_search.text AS found FROM message_search
    JOIN messages m ON m.position = message_search.rowid
    JOIN conversations c ON c.id = m.conversation_id
    WHERE ${where('message_search')} ORDER BY c.updated_at DESC, m.position DESC`

  const hits = new Map<string, SearchHit>()
  for (const sql of [titles, messages]) {
    for (const row of db.prepare<unknown[], HitRow>(sql).iterate(...values)) {
      if (hits.size >= limit) break
      if (!hits.has(row.id)) hits.set(row.id, { conversation: conversationOf(row), snippet: snippetOf(row.found, terms) })
    }
  }
  return [...hits.values()]
}
