import type { Database } from '../../lib/database/index.ts'
import { gramsOf, matchOf } from './grams.ts'

/** Texts that may hold what is searched for: positions of conversations (their titles) and of messages. */
export interface Candidates {
  readonly titles: readonly number[]
  readonly messages: readonly number[]
}

/** The index of titles and finished messages; what it finds has to be compared with the texts themselves. */
export interface SearchIndex {
  /** A step of the caller's transaction: indexes a title under its conversation's id, in place of an earlier one. */
  addTitle(conversationId: string): void
  /** A step of the caller's transaction: indexes the text of a finished message. */
  addMessage(messageId: string): void
  candidates(terms: readonly string[]): Candidates
  /**
   * Indexes some of what an earlier version of the app left to be indexed, for about `budgetMs`, in one transaction.
   * Returns whether there is more.
   */
  catchUp(budgetMs: number): boolean
}

interface Backlog {
  messages: number
  titles: number
}

/** Opens the index in `db`. Titles stand in it under the negative position of their conversation. */
export function createSearchIndex(db: Database): SearchIndex {
  const sql = {
    put: db.prepare('INSERT OR REPLACE INTO search_grams (rowid, grams) VALUES (?, ?)'),
    match: db.prepare<[string], number>('SELECT rowid FROM search_grams WHERE search_grams MATCH ?').pluck(),
    title: db.prepare<[string], { position: number; title: string }>(
      'SELECT position, title FROM conversations WHERE id = ?',
    ),
    message: db.prepare<[string], { position: number; text: string }>(`
      SELECT m.position, group_concat(p.text, char(10) ORDER BY p.ordinal) AS text
      FROM messages m JOIN parts p ON p.message_id = m.id AND p.type = 'text' WHERE m.id = ? GROUP BY m.position`),
    backlog: db.prepare<[], Backlog>('SELECT messages, titles FROM search_backlog'),
    setBacklog: db.prepare<[Backlog]>('UPDATE search_backlog SET messages = @messages, titles = @titles'),
    titlesBefore: db.prepare<[number], { position: number; title: string }>(
      'SELECT position, title FROM conversations WHERE position <= ? ORDER BY position DESC LIMIT 100',
    ),
    messagesBefore: db.prepare<[number], { position: number; id: string; status: string }>(
      'SELECT position, id, status FROM messages WHERE position <= ? ORDER BY position DESC LIMIT 100',
    ),
    waitingTitles: db.prepare<[number], number>('SELECT position FROM conversations WHERE position <= ?').pluck(),
    waitingMessages: db
      .prepare<[number], number>(`SELECT position FROM messages WHERE position <= ? AND status <> 'streaming'`)
      .pluck(),
  }
  const addMessage = (id: string) => {
    const row = sql.message.get(id)
    if (row) sql.put.run(row.position, gramsOf(row.text))
  }

  /**
   * Indexes up to a hundred titles, else messages, beginning with the newest. FTS5 writes what it has gathered whenever a row id
   * is not above the one before it, so they go in from the lowest to the highest.
   */
  const indexSome = (backlog: Backlog): Backlog => {
    if (backlog.titles > 0) {
      const rows = sql.titlesBefore.all(backlog.titles)
      for (const { position, title } of rows) sql.put.run(-position, gramsOf(title))
      return { ...backlog, titles: (rows.at(-1)?.position ?? 1) - 1 }
    }
    const rows = sql.messagesBefore.all(backlog.messages)
    for (const { id, status } of rows.toReversed()) if (status !== 'streaming') addMessage(id)
    return { ...backlog, messages: (rows.at(-1)?.position ?? 1) - 1 }
  }
  const isDone = ({ messages, titles }: Backlog) => messages <= 0 && titles <= 0
  const left = sql.backlog.get()
  /** Null once everything is indexed, which it stays. */
  let waiting: Backlog | null = left && !isDone(left) ? left : null

  return {
    addTitle(conversationId) {
      const row = sql.title.get(conversationId)
      if (row) sql.put.run(-row.position, gramsOf(row.title))
    },
    addMessage,

    candidates(terms) {
      const found = sql.match.all(matchOf(terms))
      const titles = new Set(found.filter((position) => position < 0).map((position) => -position))
      const messages = new Set(found.filter((position) => position > 0))
      if (waiting) {
        for (const position of sql.waitingTitles.all(waiting.titles)) titles.add(position)
        for (const position of sql.waitingMessages.all(waiting.messages)) messages.add(position)
      }
      return { titles: [...titles], messages: [...messages] }
    },

    catchUp(budgetMs) {
      if (!waiting) return false
      const end = performance.now() + budgetMs
      waiting = db.transaction((from: Backlog) => {
        let backlog = from
        do backlog = indexSome(backlog)
        while (!isDone(backlog) && performance.now() < end)
        sql.setBacklog.run(backlog)
        return backlog
      })(waiting)
      if (isDone(waiting)) waiting = null
      return waiting !== null
    },
  }
}
