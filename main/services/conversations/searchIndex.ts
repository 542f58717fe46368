import { fold } from '#contract'
import { giveSpaceBack, hasMuchFreeSpace } from '../../lib/database/index.ts'
import type { Database } from '../../lib/database/index.ts'

/** Length of the longest grams, in characters. */
const LONGEST = 4
/** Fills the last grams of a word, so that each three characters of it begin one. */
const END = '\uf8ff'

/**
 * What the search index holds of a text: of each word, folded, every single character, pair and run of four, each once,
 * with a space between. A search for a part of a word is a search for the grams of that part, which gives candidates:
 * texts that hold all of them, not always side by side.
 */
export function gramsOf(text: string): string {
  const grams = new Set<string>()
  for (const word of new Set(letters(text).split(/\s+/u))) {
    const padded = word + END
    for (let at = 0; at < word.length; at++) {
      grams.add(word.charAt(at))
      if (at + 2 <= word.length) grams.add(word.slice(at, at + 2))
      if (at + LONGEST <= padded.length) grams.add(padded.slice(at, at + LONGEST))
    }
  }
  return [...grams].join(' ')
}

/** The FTS5 query for texts that hold the grams of every term; terms hold no white space. */
export function matchOf(terms: readonly string[]): string {
  const queries = terms.map(letters).flatMap((term) => {
    if (term.length === 3) return [`"${term}"*`]
    const length = Math.min(term.length, LONGEST)
    return Array.from({ length: term.length - length + 1 }, (_, at) => `"${term.slice(at, at + length)}"`)
  })
  return [...new Set(queries)].join(' AND ')
}

/**
 * A folded text in which each character is one UTF-16 unit that FTS5's `ascii` tokenizer leaves in a token: signs of ASCII
 * move to a private area, and characters beyond the basic plane share one, which makes more candidates but loses none.
 */
function letters(text: string): string {
  return fold(text).replace(/[!-/:-@[-`{-\x7f\0-\x08\x0e-\x1f]|[\u{10000}-\u{10ffff}]/gu, (sign) => {
    const code = sign.codePointAt(0)!
    return String.fromCharCode(code < 0x80 ? 0xe000 + code : 0xe100 + (code % 0x1000))
  })
}

/** Texts that may hold what is searched for: positions of conversations (their titles) and of messages. */
export interface Candidates {
  readonly titles: readonly number[]
  /** null: so many that looking at all messages is no more work. */
  readonly messages: readonly number[] | null
}

/** The index of titles and finished messages; what it finds has to be compared with the texts themselves. */
export interface SearchIndex {
  /** A step of the caller's transaction: indexes a title under its conversation's id, in place of an earlier one. */
  addTitle(conversationId: string): void
  /** A step of the caller's transaction: indexes the text of a finished message, the names of its files, what models saw in them, and the text of pages. */
  addMessage(messageId: string): void
  candidates(terms: readonly string[]): Candidates
  /**
   * Indexes some of what an earlier version of the app left to be indexed, for about `budgetMs`, in one transaction.
   * Returns whether there is more.
   */
  catchUp(budgetMs: number): boolean
}

/** Characters of messages that are indexed together: some ms. One message is not taken apart, 2 MB of it are 0.1 s. */
const TOGETHER = 20_000

/** Of fewer messages a list is always made. */
const FEW_MESSAGES = 1_000

/** The newest message and the newest conversation that are not indexed yet, by their positions; 0: all are. */
interface Backlog {
  messages: number
  titles: number
}

/** `again`: messages are left that were indexed without the names of their files. */
interface Waiting extends Backlog {
  again: boolean
}

/** What a part says to search: its words, or the name of its picture or video, what a model saw in it, and the text of the page that it is. */
const said = `coalesce(p.text, p.attachment ->> '$.attachment.name', p.attachment ->> '$.name', '')
  || coalesce(char(10) || d.text, '') || coalesce(char(10) || t.text, '')`

/** Opens the index in `db`. Titles stand in it under the negative position of their conversation. */
export function createSearchIndex(db: Database): SearchIndex {
  const sql = {
    put: db.prepare('INSERT OR REPLACE INTO search_grams (rowid, grams) VALUES (?, ?)'),
    match: db
      .prepare<[string, number], number>(
        'SELECT rowid FROM search_grams WHERE search_grams MATCH ? ORDER BY rowid LIMIT ?',
      )
      .pluck(),
    titleCount: db.prepare<[], number>('SELECT count(*) FROM conversations').pluck(),
    lastMessage: db.prepare<[], number>('SELECT coalesce(max(position), 0) FROM messages').pluck(),
    title: db.prepare<[string], { position: number; title: string }>(
      'SELECT position, title FROM conversations WHERE id = ?',
    ),
    message: db.prepare<[string], { position: number; text: string }>(`
      SELECT m.position, group_concat(${said}, char(10) ORDER BY p.ordinal) AS text
      FROM messages m JOIN parts p ON p.message_id = m.id LEFT JOIN picture_descriptions d ON d.sha = p.attachment_sha
      LEFT JOIN page_texts t ON t.sha = p.attachment_sha
      WHERE m.id = ? GROUP BY m.position`),
    /** Messages that were indexed without the names of their files. */
    again: db.prepare<[], number>('SELECT position FROM search_again ORDER BY position DESC').pluck(),
    someAgain: db.prepare<[], { position: number; id: string | null }>(`
      SELECT a.position, m.id FROM search_again a LEFT JOIN messages m ON m.position = a.position
      ORDER BY a.position DESC LIMIT 100`),
    doneAgain: db.prepare('DELETE FROM search_again WHERE position >= ?'),
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
  /**
   * Indexes up to a hundred titles, else some messages, beginning with the newest. FTS5 writes what it has gathered whenever a
   * row id is not above the one before it, so they go in from the lowest to the highest.
   */
  const indexSome = (backlog: Waiting): Waiting => {
    if (backlog.titles > 0) {
      const rows = sql.titlesBefore.all(backlog.titles)
      for (const { position, title } of rows) sql.put.run(-position, gramsOf(title))
      return { ...backlog, titles: (rows.at(-1)?.position ?? 1) - 1 }
    }
    if (backlog.messages > 0) {
      const rows = sql.messagesBefore.all(backlog.messages)
      const reached = indexMessages(rows.map((row) => ({ ...row, id: row.status === 'streaming' ? null : row.id })))
      return { ...backlog, messages: (reached ?? 1) - 1 }
    }
    const reached = indexMessages(sql.someAgain.all())
    if (reached !== null) sql.doneAgain.run(reached)
    return { ...backlog, again: reached !== null }
  }
  /** Indexes the first of `rows`, as many as go together; returns the last position, null where there was none. */
  const indexMessages = (rows: readonly { position: number; id: string | null }[]): number | null => {
    const texts: { position: number; text: string }[] = []
    let characters = 0
    let reached: number | null = null
    for (const { position, id } of rows) {
      reached = position
      const row = id === null ? undefined : sql.message.get(id)
      if (!row) continue
      texts.push(row)
      characters += row.text.length
      if (characters >= TOGETHER) break
    }
    for (const { position, text } of texts.reverse()) sql.put.run(position, gramsOf(text))
    return reached
  }
  const isDone = ({ messages, titles, again }: Waiting) => messages <= 0 && titles <= 0 && !again
  const left = sql.backlog.get()
  const isAgain = sql.someAgain.get() !== undefined
  /** Null once everything is indexed, which it stays. */
  let waiting: Waiting | null =
    left && (isAgain || left.messages > 0 || left.titles > 0) ? { ...left, again: isAgain } : null

  return {
    addTitle(conversationId) {
      const row = sql.title.get(conversationId)
      if (row) sql.put.run(-row.position, gramsOf(row.title))
    },
    addMessage(id) {
      const row = sql.message.get(id)
      if (row) sql.put.run(row.position, gramsOf(row.text))
    },

    candidates(terms) {
      // titles come first; where a fourth of the messages are met, the list of them costs more than it saves
      const most = sql.titleCount.get()! + Math.max(FEW_MESSAGES, Math.ceil(sql.lastMessage.get()! / 4))
      const found = sql.match.all(matchOf(terms), most)
      const titles = new Set(found.filter((position) => position < 0).map((position) => -position))
      const messages = found.length === most ? null : new Set(found.filter((position) => position > 0))
      if (waiting) {
        for (const position of sql.waitingTitles.all(waiting.titles)) titles.add(position)
        for (const position of sql.waitingMessages.all(waiting.messages)) messages?.add(position)
        if (waiting.again) for (const position of sql.again.all()) messages?.add(position)
      }
      return { titles: [...titles], messages: messages && [...messages] }
    },

    catchUp(budgetMs) {
      if (!waiting) return false
      const end = performance.now() + budgetMs
      waiting = db.transaction((from: Waiting) => {
        let backlog = from
        do backlog = indexSome(backlog)
        while (!isDone(backlog) && performance.now() < end)
        sql.setBacklog.run({ messages: backlog.messages, titles: backlog.titles })
        return backlog
      })(waiting)
      if (isDone(waiting)) waiting = null
      return waiting !== null
    },
  }
}

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
