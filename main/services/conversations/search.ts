import { fold, foldEach, occurrences, termsOf } from '#contract'
import type { Found, SearchFilter, SearchHit } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { conversationOf } from './rows.ts'
import type { ConversationRow } from './rows.ts'
import type { SearchIndex } from './searchIndex.ts'

/** So much is shown before a hit that it lies within the first line of a narrow list. */
const before = 24
const length = 160

/** So many characters are searched together for the first hit, and so many more, which the next look repeats: more than a term has. */
const LOOK = 4_000
const OVERLAP = 1_000
/** What is shown before and after a hit lies within so many characters of it. */
const MARGIN = 1_000
/** The same where it is known where the hit is, nearly. */
const NEAR = 500

/**
 * About 160 characters of `text` around the first occurrence of any term, on one line, each occurrence between \u0002
 * and \u0003. Compared as `fold` does.
 */
export function snippetOf(text: string, terms: readonly string[]): string {
  const wanted = terms.map(fold)
  for (let at = 0; at < text.length; at += LOOK) {
    const seen = fold(text.slice(at, at + LOOK + OVERLAP).normalize('NFC'))
    const first = Math.min(...wanted.map((term) => seen.indexOf(term)).filter((found) => found >= 0))
    if (first === Infinity) continue
    // folding moves places a little: where the hit is not near, all that was looked at is taken
    const snippet =
      snippetWithin(text, at + first - NEAR, at + first + NEAR, wanted) ??
      snippetWithin(text, at - MARGIN, at + LOOK + OVERLAP + MARGIN, wanted)
    if (snippet !== null) return snippet
  }
  return snippetWithin(text, 0, LOOK, []) ?? ''
}

/** The snippet of what lies between two places of a text; null where it has none of the terms. */
function snippetWithin(text: string, start: number, end: number, wanted: readonly string[]): string | null {
  const [first, last] = [wholeAt(text, Math.max(0, start)), wholeAt(text, end)]
  const line = text
    .slice(first, last)
    .replace(/[\u0002\u0003]|<\|\w{1,40}\|>|\*\*/g, '')
    .replace(/\s+/gu, ' ')
    .trim()
    .normalize('NFC')
  const { folded, offsets } = foldEach(line)
  const hits = occurrences(folded, wanted)
  if (wanted.length > 0 && hits.length === 0) return null
  const from = Math.max(0, (hits[0]?.start ?? 0) - before)
  const to = Math.min(folded.length, from + length)
  const original = (index: number) => (offsets ? (offsets[index] ?? line.length) : index)

  let out = from > 0 || first > 0 ? '…' : ''
  let at = from
  for (const { start, end } of hits.filter((hit) => hit.start < to)) {
    out += `${line.slice(original(at), original(start))}\u0002${line.slice(original(start), original(end))}\u0003`
    at = end
  }
  const isCut = to < folded.length || last < text.length
  return out + line.slice(original(at), original(Math.max(at, to))) + (isCut ? '…' : '')
}

/** `index`, or the one before where it lies within a character of two units. */
const wholeAt = (text: string, index: number): number =>
  (text.charCodeAt(index) & 0xfc00) === 0xdc00 ? index - 1 : Math.min(index, text.length)

/** Up to so many candidates are looked up and sorted; more are met soon enough by going through the list, newest first. */
const FEW = 2_000

/** What a message says: its words, the names of its pictures and videos, what models saw in the pictures, and what is written on pages. */
interface Said {
  readonly id: string | null
  readonly conversation_id: string
  readonly role: SearchHit['role']
  readonly text: string | null
  readonly names: string | null
  readonly seen: string | null
  readonly written: string | null
}

/** So many messages are listed of a conversation that is found. */
const LISTED = 3
/** So many messages of a conversation whose title is found are looked at for some to list. */
const LOOKED_AT = 500

/** The search over the conversations of one database. */
export interface Search {
  /**
   * Conversations that hold every word of the query in their title, or in one message of any branch with the names of its
   * files, what models saw in them and what is written on its pages, compared as `fold` does, and that the filter lets through. Titles come first, then the newest. Without a word
   * all that the filter lets through, where it says anything. What is in the trash is not found.
   */
  find(query: string, limit: number, filter?: SearchFilter): Found[]
  /** The messages of a conversation that hold every word of the query, the oldest first, of more than `limit` the newest. */
  findIn(conversationId: string, query: string, limit: number): SearchHit[]
}

/** The search over `db` with its `index`. */
export function createSearch(db: Database, index: SearchIndex): Search {
  const newestFirst = 'ORDER BY c.updated_at DESC, c.position DESC'
  const titles = {
    few: db.prepare<[string], ConversationRow>(
      `SELECT c.* FROM json_each(?) found JOIN conversations c ON c.position = found.value ${newestFirst}`,
    ),
    all: db.prepare<[], ConversationRow>(`SELECT c.* FROM conversations c ${newestFirst}`),
  }
  /** Positions of messages, each with that of its conversation. */
  const places = {
    few: db
      .prepare<[string], [number, number]>(`
        SELECT m.position, c.position FROM json_each(?) found
        JOIN messages m ON m.position = found.value JOIN conversations c ON c.id = m.conversation_id
        ${newestFirst}, m.position DESC`)
      .raw(),
    all: db
      .prepare<[], [number, number]>(`
        SELECT m.position, c.position FROM conversations c
        CROSS JOIN messages m ON m.conversation_id = c.id ${newestFirst}, m.position DESC`)
      .raw(),
    /** Those of some conversations. */
    of: db
      .prepare<[string], [number, number]>(`
        SELECT m.position, c.position FROM json_each(?) found JOIN conversations c ON c.position = found.value
        CROSS JOIN messages m ON m.conversation_id = c.id ${newestFirst}, m.position DESC`)
      .raw(),
  }
  const within = db
    .prepare<[string], number>('SELECT position FROM messages WHERE conversation_id = ? ORDER BY position DESC')
    .pluck()
  const messageAt = db.prepare<[number], Said>(`
    SELECT m.id, m.conversation_id, m.role, group_concat(p.text, char(10) ORDER BY p.ordinal) AS text,
      group_concat(coalesce(p.attachment ->> '$.attachment.name', p.attachment ->> '$.name'), ', ' ORDER BY p.ordinal) AS names,
      group_concat(d.text, char(10) ORDER BY p.ordinal) AS seen, group_concat(t.text, char(10) ORDER BY p.ordinal) AS written
    FROM messages m JOIN parts p ON p.message_id = m.id LEFT JOIN picture_descriptions d ON d.sha = p.attachment_sha
      LEFT JOIN page_texts t ON t.sha = p.attachment_sha
    WHERE m.position = ? AND m.status <> 'streaming'`)
  const inPictures = (table: 'page_texts' | 'picture_descriptions') =>
    db.prepare<[string], { sha: string; name: string; text: string }>(`
      SELECT d.sha, coalesce(p.attachment ->> '$.name', '') AS name, d.text
      FROM parts p JOIN ${table} d ON d.sha = p.attachment_sha WHERE p.message_id = ? ORDER BY p.ordinal`)
  const [written, described] = [inPictures('page_texts'), inPictures('picture_descriptions')]
  const conversationAt = db.prepare<[number], ConversationRow>('SELECT * FROM conversations WHERE position = ?')
  const having = db
    .prepare<[string, string], number>('SELECT conversation FROM conversation_traits WHERE kind = ? AND value = ?')
    .pluck()
  const discarded = db.prepare<[], number>('SELECT position FROM conversations WHERE deleted_at IS NOT NULL').pluck()
  const tagged = db
    .prepare<[string], number>(`
      SELECT DISTINCT c.position FROM conversations c, json_each(c.tags) AS tag
      WHERE c.tags IS NOT NULL AND tag.value = ? COLLATE NOCASE`)
    .pluck()
  const changed = db
    .prepare<[number, number], number>('SELECT position FROM conversations WHERE updated_at >= ? AND updated_at < ?')
    .pluck()

  /** The positions of conversations that a filter lets through; null: all. */
  const allowedBy = ({ picture, video, model, tag, since, until }: SearchFilter): ReadonlySet<number> | null => {
    const sets: Set<number>[] = []
    if (picture) sets.push(new Set(having.all('picture', '')))
    if (video) sets.push(new Set(having.all('video', '')))
    if (model !== undefined) sets.push(new Set(having.all('model', model)))
    if (tag !== undefined) sets.push(new Set(tagged.all(tag)))
    if (since !== undefined || until !== undefined)
      sets.push(new Set(changed.all(since ?? 0, until ?? Number.MAX_SAFE_INTEGER)))
    return sets.length === 0
      ? null
      : new Set([...sets[0]!].filter((position) => sets.every((set) => set.has(position))))
  }

  /** Conversations whose titles may hold the words, read as they are asked for. */
  function* titlesOf(positions: readonly number[] | null): Generator<ConversationRow> {
    if (positions === null) return yield* titles.all.iterate()
    if (positions.length <= FEW) return yield* titles.few.iterate(JSON.stringify(positions))
    const wanted = new Set(positions)
    for (const row of titles.all.iterate()) if (wanted.has(row.position)) yield row
  }

  /** The same of messages, in conversations that are allowed; null: any may. */
  function* placesOf(
    positions: readonly number[] | null,
    allowed: ReadonlySet<number> | null,
  ): Generator<[number, number]> {
    if (positions !== null && positions.length <= FEW) return yield* places.few.all(JSON.stringify(positions))
    const wanted = positions && new Set(positions)
    const all = allowed && allowed.size <= FEW ? places.of.iterate(JSON.stringify([...allowed])) : places.all.iterate()
    for (const place of all) if (!wanted || wanted.has(place[0])) yield place
  }

  /** How the words of a query are looked for in a title or a message. */
  const looking = (terms: readonly string[]) => {
    const folded = terms.map(fold)
    const holdsAll = (said: string): boolean => folded.every((term) => said.includes(term))
    return {
      holds: (title: string): boolean => holdsAll(fold(title)),
      /** The hit in the message at a position; null: it is none. */
      hitAt(position: number): SearchHit | null {
        const said = messageAt.get(position)
        if (!said || said.id === null) return null
        const text = fold(said.text ?? '')
        const names = fold(said.names ?? '')
        if (!holdsAll([text, names, fold(said.seen ?? ''), fold(said.written ?? '')].join('\n'))) return null
        const message = { messageId: said.id, role: said.role }
        const holdsAny = (of: string): boolean => folded.some((term) => of.includes(term))
        if (holdsAny(text)) return { ...message, in: 'text', snippet: snippetOf(said.text ?? '', terms) }
        if (holdsAny(names)) return { ...message, in: 'file', snippet: snippetOf(said.names ?? '', terms) }
        const found = [
          ...written.all(said.id).map((one) => ({ ...one, in: 'page' as const })),
          ...described.all(said.id).map((one) => ({ ...one, in: 'picture' as const })),
        ].filter((one) => holdsAny(fold(one.text)))
        const best = found.find((one) => holdsAll(fold(one.text))) ?? found[0]!
        const { sha, name } = best
        return { ...message, in: best.in, snippet: snippetOf(best.text, terms), picture: { sha, name } }
      },
    }
  }

  return {
    find(query, limit, filter = {}) {
      const terms = termsOf(query)
      const allowed = allowedBy(filter)
      if (terms.length === 0) {
        if (allowed === null) return []
        const found: Found[] = []
        for (const row of titlesOf([...allowed])) {
          if (row.deleted_at !== null) continue
          found.push({ conversation: conversationOf(row), title: null, hits: [], more: false })
          if (found.length === limit) break
        }
        return found
      }
      const { holds, hitAt } = looking(terms)
      const candidates = index.candidates(terms)
      const gone = new Set(discarded.all())
      const isAllowed = (conversation: number): boolean =>
        !gone.has(conversation) && (allowed === null || allowed.has(conversation))
      const found = new Map<number, Found>()
      /** The messages to list of a conversation, among those in `wanted`; null: any may be one. */
      const list = (conversationId: string, wanted: ReadonlySet<number> | null): Pick<Found, 'hits' | 'more'> => {
        const hits: SearchHit[] = []
        let looks = 0
        for (const position of within.all(conversationId)) {
          if (wanted && !wanted.has(position)) continue
          if (++looks > LOOKED_AT) break
          const hit = hitAt(position)
          if (!hit) continue
          if (hits.length === LISTED) return { hits, more: true }
          hits.push(hit)
        }
        return { hits, more: false }
      }
      const inMessages = candidates.messages && new Set(candidates.messages)
      for (const row of titlesOf(candidates.titles)) {
        if (!isAllowed(row.position) || !holds(row.title)) continue
        const conversation = conversationOf(row)
        found.set(row.position, { conversation, title: snippetOf(row.title, terms), ...list(row.id, inMessages) })
        if (found.size === limit) return [...found.values()]
      }
      /** What the messages of one conversation give; those of a conversation follow one another. */
      let latest: { position: number; hits: SearchHit[]; found: Found } | null = null
      for (const [message, conversation] of placesOf(candidates.messages, allowed)) {
        const now = latest?.position === conversation ? latest : null
        if (now ? now.found.more : found.has(conversation) || !isAllowed(conversation)) continue
        // the next one begins: there is no room for it
        if (!now && found.size === limit) break
        const hit = hitAt(message)
        if (!hit) continue
        if (!now) {
          const hits = [hit]
          const entry = {
            conversation: conversationOf(conversationAt.get(conversation)!),
            title: null,
            hits,
            more: false,
          }
          latest = { position: conversation, hits, found: entry }
          found.set(conversation, entry)
        } else if (now.hits.length < LISTED) now.hits.push(hit)
        else now.found.more = true
      }
      return [...found.values()]
    },

    findIn(conversationId, query, limit) {
      const terms = termsOf(query)
      if (terms.length === 0) return []
      const { hitAt } = looking(terms)
      const { messages } = index.candidates(terms)
      const wanted = messages && new Set(messages)
      const hits: SearchHit[] = []
      for (const position of within.all(conversationId)) {
        const hit = !wanted || wanted.has(position) ? hitAt(position) : null
        if (hit && hits.push(hit) === limit) break
      }
      return hits.reverse()
    },
  }
}
