import type { Database } from '../../lib/database/index.ts'
import { patternOf } from './fold.ts'
import { conversationOf } from './rows.ts'
import type { ConversationRow } from './rows.ts'
import { snippetOf } from './snippet.ts'
import type { SearchHit } from './types.ts'

type HitRow = ConversationRow & { found: string }

/** The patterns of the search that runs, by the number that its statement has for each. */
const patterns = new WeakMap<Database, readonly RegExp[]>()

/**
 * Conversations that hold every word of `query` in their title, or in one message of any branch. Words of three or more
 * characters go through the trigram index; shorter ones (common in Chinese) are looked for in each candidate as `fold` compares.
 */
export function search(db: Database, query: string, limit: number): SearchHit[] {
  const terms = query.replaceAll('\0', ' ').normalize('NFC').trim().split(/\s+/u).filter(Boolean)
  if (terms.length === 0) return []
  const long = terms.filter((term) => [...term].length >= 3)
  const short = terms.filter((term) => [...term].length < 3)
  const values = [...(long.length > 0 ? [long.map(spellings).join(' AND ')] : []), ...short.map((_, n) => n)]
  const where = (table: string) =>
    [...(long.length > 0 ? [`${table} MATCH ?`] : []), ...short.map(() => `holds_short(${table}.text, ?)`)].join(
      ' AND ',
    )

  if (!patterns.has(db))
    db.function('holds_short', (text, n) => (patterns.get(db)![Number(n)]!.test(String(text)) ? 1 : 0))
  patterns.set(db, short.map(patternOf))
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
      if (!hits.has(row.id))
        hits.set(row.id, { conversation: conversationOf(row), snippet: snippetOf(row.found, terms) })
    }
  }
  return [...hits.values()]
}

/** A word for the index, which folds case but not the ways in which a letter with a mark, or ß, is written. */
function spellings(term: string): string {
  const written = [
    term.normalize('NFC'),
    term.normalize('NFD'),
    term.replaceAll(/ß|ẞ/g, 'ss'),
    term.replaceAll(/ss/gi, 'ß'),
  ]
  return `(${[...new Set(written)].map((spelling) => `"${spelling.replaceAll('"', '""')}"`).join(' OR ')})`
}
