import type { Database } from '../../lib/database/index.ts'
import { conversationOf } from './rows.ts'
import type { ConversationRow } from './rows.ts'
import { ASCII, fold } from './searchIndex.ts'
import type { SearchIndex } from './searchIndex.ts'
import type { SearchHit } from './types.ts'

const before = 40
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
    .replace(/[\u0002\u0003]/g, '')
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

/** `text` folded, and for each UTF-16 unit of it the offset of its character in `text`; null: each has its own. */
function foldEach(text: string): { folded: string; offsets: number[] | null } {
  if (ASCII.test(text)) return { folded: fold(text), offsets: null }
  let folded = ''
  const offsets: number[] = []
  let offset = 0
  for (const character of text) {
    const base = character < '\x80' ? character.toUpperCase() : fold(character)
    folded += base
    for (let i = 0; i < base.length; i++) offsets.push(offset)
    offset += character.length
  }
  return { folded, offsets }
}

/** Where the terms stand, in order; overlapping ones as one. */
function occurrences(text: string, terms: readonly string[]): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = []
  for (const term of terms) {
    if (!term) continue
    for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length))
      found.push({ start: at, end: at + term.length })
  }
  found.sort((a, b) => a.start - b.start)
  const merged: { start: number; end: number }[] = []
  for (const hit of found) {
    const last = merged.at(-1)
    if (last && hit.start <= last.end) last.end = Math.max(last.end, hit.end)
    else merged.push({ ...hit })
  }
  return merged
}

/** Up to so many candidates are looked up and sorted; more are met soon enough by going through the list, newest first. */
const FEW = 2_000

/** Of a message: the id of its conversation and its text; null while it is written, or without one. */
type Said = readonly [conversationId: string, text: string | null]

/**
 * The search over `db` with its `index`: conversations that hold every word of the query in their title, or in one message
 * of any branch, compared as `fold` does. Titles come first, then the newest.
 */
export function createSearch(db: Database, index: SearchIndex): (query: string, limit: number) => SearchHit[] {
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
  }
  const messageAt = db
    .prepare<[number], Said>(`
      SELECT m.conversation_id, (
        SELECT group_concat(p.text, char(10) ORDER BY p.ordinal)
        FROM parts p WHERE p.message_id = m.id AND p.type = 'text' AND m.status <> 'streaming')
      FROM messages m WHERE m.position = ?`)
    .raw()
  const conversationWith = db.prepare<[string], ConversationRow>('SELECT * FROM conversations WHERE id = ?')

  /** Conversations whose titles may hold the words, read as they are asked for. */
  function* titlesOf(positions: readonly number[]): Generator<ConversationRow> {
    if (positions.length <= FEW) return yield* titles.few.iterate(JSON.stringify(positions))
    const wanted = new Set(positions)
    for (const row of titles.all.iterate()) if (wanted.has(row.position)) yield row
  }

  /** The same of messages; null: any may. */
  function* placesOf(positions: readonly number[] | null): Generator<[number, number]> {
    if (positions === null) return yield* places.all.iterate()
    if (positions.length <= FEW) return yield* places.few.all(JSON.stringify(positions))
    const wanted = new Set(positions)
    for (const place of places.all.iterate()) if (wanted.has(place[0])) yield place
  }

  return (query, limit) => {
    const terms = query.replaceAll('\0', ' ').normalize('NFC').trim().split(/\s+/u).filter(Boolean)
    if (terms.length === 0) return []
    const folded = terms.map(fold)
    const holdsAll = (said: string) => folded.every((term) => said.includes(term))
    const candidates = index.candidates(terms)
    const hits = new Map<string, SearchHit>()
    const add = (row: ConversationRow, text: string) => {
      hits.set(row.id, { conversation: conversationOf(row), snippet: snippetOf(text, terms) })
      return hits.size < limit
    }
    const found = new Set<number>()
    for (const row of titlesOf(candidates.titles)) {
      if (!holdsAll(fold(row.title))) continue
      if (!add(row, row.title)) return [...hits.values()]
      found.add(row.position)
    }
    for (const [message, conversation] of placesOf(candidates.messages)) {
      if (found.has(conversation)) continue
      const [id, text] = messageAt.get(message)!
      if (text === null || !holdsAll(fold(text))) continue
      if (!add(conversationWith.get(id)!, text)) break
      found.add(conversation)
    }
    return [...hits.values()]
  }
}
