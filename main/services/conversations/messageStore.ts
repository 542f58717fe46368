import { randomUUID } from 'node:crypto'
import { AppError, MAX_TAGS } from '#contract'
import type {
  ChosenFormat,
  Conversation,
  MapEntry,
  MediaPart,
  Message,
  Part,
  PathMedium,
  SaidPart,
  Seen,
} from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { conversationOf, messageOf, partOf, reasoningOf, storedMedium } from './rows.ts'
import type { ConversationRow, MessageRow, PartRow, ThoughtRow } from './rows.ts'
import type { SearchIndex } from './searchIndex.ts'
import type { Ending } from './types.ts'

/** A message as one of its parent's children; `newest`: position of its own newest child. */
export interface ChildRow {
  readonly id: string
  readonly beside_id: string | null
  readonly newest: number | null
}

/** One branch below a parent: a message, or a pair of answers. */
export interface Branch {
  readonly ids: readonly string[]
  /** The one that the conversation went on from last, else the first. */
  readonly shown: string
}

/** The branches that the children of one parent make, in the order of `children`: oldest first. */
export function branchesOf(children: readonly ChildRow[]): Branch[] {
  const latest = (a: ChildRow, b: ChildRow) => ((b.newest ?? -1) > (a.newest ?? -1) ? b : a)
  return [...Map.groupBy(children, ({ id, beside_id }) => beside_id ?? id).values()].map((rows) => ({
    ids: rows.map(({ id }) => id),
    shown: rows.reduce(latest).id,
  }))
}

/** The path from the root to the message that is the first parameter, as rows `up (id, depth)`; depth 0 is that message. */
const up = `
  WITH RECURSIVE up (id, depth) AS (
    SELECT ?, 0
    UNION ALL SELECT m.parent_id, up.depth + 1 FROM up JOIN messages m ON m.id = up.id WHERE m.parent_id IS NOT NULL
  )`

/** So many characters of each message are in a map. */
const MAP_TEXT = 160

/** Position of the newest child of message `m`. */
const newest = `(
  SELECT max(position) FROM messages below WHERE below.conversation_id = m.conversation_id AND below.parent_id = m.id)`

/**
 * The SQL of conversations and messages; every method is one read or a step of the caller's transaction. Titles and
 * finished messages go into `index` with the change.
 */
export function createMessageStore(db: Database, index: SearchIndex) {
  const sql = {
    conversation: db.prepare<[string], ConversationRow>('SELECT * FROM conversations WHERE id = ?'),
    list: db.prepare<[], ConversationRow>('SELECT * FROM conversations ORDER BY updated_at DESC, position DESC'),
    addConversation: db.prepare(
      'INSERT INTO conversations (id, title, created_at, updated_at, leaf_id, untitled) VALUES (?, ?, ?, ?, NULL, 1)',
    ),
    rename: db.prepare('UPDATE conversations SET title = ?, untitled = 0 WHERE id = ?'),
    untitled: db
      .prepare<[string], number>('SELECT untitled FROM conversations WHERE id = ? AND deleted_at IS NULL')
      .pluck(),
    moveTo: db.prepare('UPDATE conversations SET leaf_id = ? WHERE id = ?'),
    touch: db.prepare('UPDATE conversations SET updated_at = ? WHERE id = ?'),
    pin: db.prepare('UPDATE conversations SET pinned = @on WHERE id = @id AND pinned <> @on'),
    archive: db.prepare('UPDATE conversations SET archived = @on WHERE id = @id AND archived <> @on'),
    discard: db.prepare('UPDATE conversations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL'),
    restore: db.prepare('UPDATE conversations SET deleted_at = NULL WHERE id = ? AND deleted_at IS NOT NULL'),
    discardedBefore: db
      .prepare<[number], string>('SELECT id FROM conversations WHERE deleted_at < ? ORDER BY deleted_at')
      .pluck(),
    /** A tag as it is spelled in some conversation. */
    spelled: db
      .prepare<[string], string>(`
        SELECT tag.value FROM conversations, json_each(conversations.tags) AS tag
        WHERE conversations.tags IS NOT NULL AND tag.value = ? COLLATE NOCASE LIMIT 1`)
      .pluck(),
    setTags: db.prepare('UPDATE conversations SET tags = @tags WHERE id = @id AND tags IS NOT @tags'),
    remove: db.prepare('DELETE FROM conversations WHERE id = ?'),
    message: db.prepare<[string], MessageRow>('SELECT * FROM messages WHERE id = ?'),
    path: db.prepare<[string], MessageRow>(
      `${up} SELECT m.* FROM up JOIN messages m ON m.id = up.id ORDER BY up.depth DESC`,
    ),
    pathIds: db.prepare<[string], string>(`${up} SELECT id FROM up ORDER BY depth DESC`).pluck(),
    pathParts: db.prepare<[string], PartRow & { message_id: string }>(`${up}
      SELECT p.message_id, p.type, p.text, p.attachment FROM up JOIN parts p ON p.message_id = up.id ORDER BY p.message_id, p.ordinal`),
    pathThoughts: db.prepare<[string], ThoughtRow>(`${up} SELECT t.* FROM up JOIN thoughts t ON t.message_id = up.id`),
    thought: db.prepare<[string], ThoughtRow>('SELECT * FROM thoughts WHERE message_id = ?'),
    /**
     * All children of each parent on the path, and the roots, in the order of `children`. The joins keep their order: else
     * SQLite goes through all messages to save the sorting.
     */
    pathChildren: db.prepare<[string], ChildRow & { parent_id: string | null }>(`${up}
      SELECT m.parent_id, m.id, m.beside_id, ${newest} AS newest
      FROM up CROSS JOIN messages shown ON shown.id = up.id
      CROSS JOIN messages m ON m.conversation_id = shown.conversation_id AND m.parent_id IS shown.parent_id
      ORDER BY m.position`),
    pathPairs: db.prepare<[string], { shown: string; other: string }>(`${up}
      SELECT up.id AS shown, m.id AS other
      FROM up CROSS JOIN messages shown ON shown.id = up.id CROSS JOIN messages m ON m.id = shown.beside_id
      UNION ALL SELECT up.id, m.id FROM up CROSS JOIN messages m ON m.beside_id = up.id`),
    /** The joins keep their order: else SQLite goes through all parts. */
    pathMedia: db.prepare<[string], PartRow & Pick<PathMedium, 'messageId' | 'role' | 'place'>>(`${up}
      SELECT m.id AS messageId, m.role, p.type, p.text, p.attachment,
        p.ordinal + EXISTS (SELECT 1 FROM thoughts WHERE message_id = m.id) AS place
      FROM up CROSS JOIN messages m ON m.id = up.id CROSS JOIN parts p ON p.message_id = m.id
      WHERE p.type <> 'text' ORDER BY up.depth DESC, p.ordinal`),
    /** Bytes of a message that grow with what it says and shows. */
    bytes: db
      .prepare<{ id: string }, number>(`
        SELECT coalesce(octet_length(seen), 0)
          + (SELECT coalesce(sum(coalesce(octet_length(text), 0) + coalesce(octet_length(attachment), 0)), 0) FROM parts WHERE message_id = @id)
          + coalesce((SELECT octet_length(text) FROM thoughts WHERE message_id = @id), 0)
        FROM messages WHERE id = @id`)
      .pluck(),
    branched: db
      .prepare<[string], number>(`
        SELECT 1 FROM messages WHERE conversation_id = ? AND beside_id IS NULL
        GROUP BY parent_id HAVING count(*) > 1 LIMIT 1`)
      .pluck(),
    parts: db.prepare<[string], PartRow>(
      'SELECT type, text, attachment FROM parts WHERE message_id = ? ORDER BY ordinal',
    ),
    map: db.prepare<[string], Omit<MapEntry, 'shown'>>(`
      SELECT m.id, m.parent_id AS parentId, m.role, m.model, coalesce(
        (SELECT nullif(trim(substr(group_concat(p.text, ' ' ORDER BY p.ordinal), 1, ${MAP_TEXT})), '') FROM parts p WHERE p.message_id = m.id),
        (SELECT coalesce(p.attachment ->> '$.attachment.name', p.attachment ->> '$.name') FROM parts p
          WHERE p.message_id = m.id AND p.type <> 'text' ORDER BY p.ordinal LIMIT 1), '') AS text
      FROM messages m WHERE m.conversation_id = ? ORDER BY m.position`),
    children: db.prepare<[string, string | null], ChildRow>(`
      SELECT id, beside_id, ${newest} AS newest
      FROM messages m WHERE conversation_id = ? AND parent_id IS ? ORDER BY position`),
    other: db
      .prepare<{ id: string }, string>(`
        SELECT beside_id FROM messages WHERE id = @id AND beside_id IS NOT NULL
        UNION ALL SELECT id FROM messages WHERE beside_id = @id`)
      .pluck(),
    addMessage: db.prepare(
      'INSERT INTO messages (id, conversation_id, parent_id, role, status, model, left_out, beside_id, format, job, seen, edited, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ),
    addPart: db.prepare(
      'INSERT INTO parts (message_id, ordinal, type, text, attachment_sha, attachment) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    /** Goes from one name to the next in the index, however many conversations have it. */
    models: db
      .prepare<[], string>(`
        WITH RECURSIVE named (name) AS (
          SELECT min(value) FROM conversation_traits WHERE kind = 'model'
          UNION ALL SELECT (SELECT min(value) FROM conversation_traits WHERE kind = 'model' AND value > named.name)
          FROM named WHERE named.name IS NOT NULL)
        SELECT name FROM named WHERE name IS NOT NULL`)
      .pluck(),
    rewrite: db.prepare('UPDATE parts SET text = ? WHERE message_id = ? AND ordinal = 0'),
    resume: db.prepare(`UPDATE messages SET status = 'streaming', error = NULL WHERE id = ?`),
    append: db.prepare('UPDATE parts SET text = text || ? WHERE message_id = ? AND ordinal = 0'),
    appendThought: db.prepare(
      'INSERT INTO thoughts (message_id, text) VALUES (@id, @text) ON CONFLICT (message_id) DO UPDATE SET text = text || @text',
    ),
    endThought: db.prepare('UPDATE thoughts SET ms = @ms, tokens = @tokens WHERE message_id = @id'),
    seen: db.prepare('UPDATE messages SET seen = ? WHERE id = ?'),
    lowerDetail: db.prepare(`
      UPDATE parts SET attachment = json_set(attachment, '$.budget', json_object(
        'minPixels', min(@most, coalesce(attachment ->> '$.budget.minPixels', 784)),
        'maxPixels', min(@most, coalesce(attachment ->> '$.budget.maxPixels', @most))))
      WHERE message_id = @id AND type <> 'text'`),
    finish: db.prepare(`UPDATE messages SET status = ?, error = ?, usage = ?, timings = ? WHERE id = ?`),
    putTokens: db.prepare('INSERT OR REPLACE INTO answer_tokens (message_id, ids) VALUES (?, ?)'),
    dropTokens: db.prepare('DELETE FROM answer_tokens WHERE message_id = ?'),
    tokens: db.prepare<[string], Buffer>('SELECT ids FROM answer_tokens WHERE message_id = ?').pluck(),
    streaming: db.prepare<[], string>(`SELECT id FROM messages WHERE status = 'streaming'`).pluck(),
    formats: db
      .prepare<[], string>('SELECT format FROM messages WHERE format IS NOT NULL ORDER BY position DESC')
      .pluck(),
    heldBy: db.prepare<{ id: string }, { sha: string; askedAt: number }>(`
      WITH asked AS (SELECT created_at, parts.type, attachment_sha, attachment FROM messages
        JOIN parts ON parts.message_id = messages.id WHERE conversation_id = @id)
      SELECT sha, max(created_at) AS askedAt FROM (
        SELECT attachment_sha AS sha, created_at FROM asked WHERE attachment_sha IS NOT NULL
        UNION ALL SELECT picture.value ->> '$.sha', created_at
        FROM asked, json_each(asked.attachment, '$.pictures') AS picture WHERE asked.type = 'frames')
      GROUP BY sha`),
    shas: db
      .prepare<[], string>(`
        SELECT attachment_sha FROM parts WHERE attachment_sha IS NOT NULL
        UNION SELECT picture.value ->> '$.sha'
        FROM parts, json_each(parts.attachment, '$.pictures') AS picture WHERE parts.type = 'frames'`)
      .pluck(),
  }
  const withThought = (thought: ThoughtRow | undefined, rest: readonly PartRow[]): Part[] => [
    ...(thought ? [reasoningOf(thought)] : []),
    ...rest.map(partOf),
  ]
  const parts = (id: string): Part[] => withThought(sql.thought.get(id), sql.parts.all(id))
  const branches = (conversationId: string, parentId: string | null) =>
    branchesOf(sql.children.all(conversationId, parentId))
  const full = (row: MessageRow, parts: Part[], branches: readonly Branch[]): Message =>
    messageOf(
      row,
      parts,
      branches.map(({ ids, shown }) => (ids.includes(row.id) ? row.id : shown)),
    )
  const ofRow = (row: MessageRow): Message => full(row, parts(row.id), branches(row.conversation_id, row.parent_id))
  /** Reads a path in four statements, however long it is. */
  const path = (leafId: string): Message[] => {
    const parts = Map.groupBy(sql.pathParts.all(leafId), ({ message_id }) => message_id)
    const thoughts = new Map(sql.pathThoughts.all(leafId).map((thought) => [thought.message_id, thought]))
    const children = Map.groupBy(sql.pathChildren.all(leafId), ({ parent_id }) => parent_id)
    return sql.path
      .all(leafId)
      .map((row) =>
        full(
          row,
          withThought(thoughts.get(row.id), parts.get(row.id) ?? []),
          branchesOf(children.get(row.parent_id) ?? []),
        ),
      )
  }

  return {
    /** Throws NotFound. */
    conversation(id: string): Conversation {
      const row = sql.conversation.get(id)
      if (!row)
        throw new AppError(
          'NotFound',
          'This conversation is no longer there. It may have been removed in another window.',
          { id },
        )
      return conversationOf(row)
    },
    /** Throws NotFound. */
    message(id: string): Message {
      const row = sql.message.get(id)
      if (!row)
        throw new AppError('NotFound', 'This message is no longer there. Its conversation may have been removed.', {
          id,
        })
      return ofRow(row)
    },
    /** As `message`; undefined where it is not there. */
    findMessage(id: string): Message | undefined {
      const row = sql.message.get(id)
      return row && ofRow(row)
    },
    /** As `conversation`; undefined where it is not there. */
    find(id: string): Conversation | undefined {
      const row = sql.conversation.get(id)
      return row && conversationOf(row)
    },
    list: () => sql.list.all().map(conversationOf),
    /** The messages from the root to `leafId`; none for null. */
    path: (leafId: string | null) => (leafId === null ? [] : path(leafId)),
    /** How many of the oldest messages the last answer of a path left out, by the path's ids. */
    leftOut(path: readonly string[]): number {
      for (const id of path.toReversed()) {
        const row = sql.message.get(id)
        if (row?.role === 'assistant') return row.left_out
      }
      return 0
    },
    /** Their ids alone. */
    pathIds: (leafId: string | null) => (leafId === null ? [] : sql.pathIds.all(leafId)),
    /** The other answer of each pair on it, by the id of the one on it. */
    pathPairs: (leafId: string | null): ReadonlyMap<string, string> =>
      new Map(leafId === null ? [] : sql.pathPairs.all(leafId).map(({ shown, other }) => [shown, other])),
    /** Its pictures and videos, in their order. */
    pathMedia: (leafId: string | null): PathMedium[] =>
      leafId === null
        ? []
        : sql.pathMedia
            .all(leafId)
            .map(({ messageId, role, place, ...row }) => ({ messageId, role, place, part: partOf(row) })),
    /** Whether any message of a conversation has several versions; two answers beside each other are one. */
    isBranched: (id: string) => sql.branched.get(id) === 1,
    /** What a message takes when it is sent, in bytes, about. */
    bytes: (id: string) => sql.bytes.get({ id }) ?? 0,
    /** The end of the newest branch below a message; itself where nothing comes after it. */
    newestLeaf(conversationId: string, id: string): string {
      let leaf = id
      for (
        let child: string | undefined = id;
        child !== undefined;
        child = branches(conversationId, leaf).at(-1)?.shown
      )
        leaf = child
      return leaf
    },
    /** All messages in their order, each with the beginning of what it says. */
    map: (id: string) => sql.map.all(id),
    /** The other answer of a pair. */
    other: (id: string) => sql.other.get({ id }) ?? null,
    streaming: () => sql.streaming.all(),
    /** The names of all models that answered, in order. */
    models: () => sql.models.all(),
    heldBy: (id: string) => sql.heldBy.all({ id }),
    shas: () => sql.shas.all(),
    /** The formats of questions, each once, the latest first. */
    formats(limit: number): ChosenFormat[] {
      const found = new Set<string>()
      for (const format of sql.formats.iterate()) if (found.add(format).size >= limit) break
      return [...found].map((format) => JSON.parse(format) as ChosenFormat)
    },

    addConversation(title: string, now: number): string {
      const id = randomUUID()
      sql.addConversation.run(id, title, now, now)
      index.addTitle(id)
      return id
    },
    rename(id: string, title: string): void {
      sql.rename.run(title, id)
      index.addTitle(id)
    },
    /** Whether it is still called by the first words of its question; not while it is in the trash. */
    isUntitled: (id: string) => sql.untitled.get(id) === 1,
    // whether that changed anything
    pin: (id: string, on: boolean) => sql.pin.run({ id, on: Number(on) }).changes > 0,
    archive: (id: string, on: boolean) => sql.archive.run({ id, on: Number(on) }).changes > 0,
    discard: (id: string, now: number) => sql.discard.run(now, id).changes > 0,
    restore: (id: string) => sql.restore.run(id).changes > 0,
    tag(id: string, add: readonly string[], remove: readonly string[]): boolean {
      const row = sql.conversation.get(id)
      if (!row) return false
      const before = row.tags === null ? [] : (JSON.parse(row.tags) as string[])
      const isIn = (tags: readonly string[], tag: string) => tags.some((one) => sameTag(one, tag))
      const tags = before.filter((tag) => !isIn(remove, tag))
      for (const tag of add) if (!isIn(tags, tag)) tags.push(sql.spelled.get(tag) ?? tag.toWellFormed())
      if (tags.length > MAX_TAGS)
        throw new AppError('InvalidInput', `A conversation has at most ${MAX_TAGS} tags. Take one off first.`, { id })
      return sql.setTags.run({ id, tags: tags.length > 0 ? JSON.stringify(tags) : null }).changes > 0
    },
    /** Those in the trash since before a time, the longest first. */
    discardedBefore: (time: number) => sql.discardedBefore.all(time),
    remove: (id: string) => void sql.remove.run(id),
    touch: (id: string, now: number) => void sql.touch.run(now, id),
    moveTo: (conversationId: string, leafId: string) => void sql.moveTo.run(leafId, conversationId),

    /** A thought is none of its parts: it comes to an answer as it is written. */
    addMessage(
      message: Pick<
        Message,
        'conversationId' | 'parentId' | 'role' | 'status' | 'model' | 'leftOut' | 'beside' | 'format' | 'job' | 'edited'
      > & { readonly parts: readonly Part[]; readonly seen?: Seen | null },
      now: number,
    ): string {
      const id = randomUUID()
      const { conversationId, parentId, role, status, model, leftOut, beside, format, job } = message
      sql.addMessage.run(
        id,
        conversationId,
        parentId,
        role,
        status,
        model,
        leftOut,
        beside,
        format && JSON.stringify(format),
        job ? JSON.stringify(job) : null,
        message.seen ? JSON.stringify(message.seen) : null,
        message.edited ? 1 : 0,
        now,
      )
      const said = message.parts.filter((part): part is SaidPart => part.type !== 'reasoning')
      said.forEach((part, ordinal) => {
        if (part.type === 'text') sql.addPart.run(id, ordinal, 'text', part.text, null, null)
        else
          sql.addPart.run(
            id,
            ordinal,
            part.type,
            null,
            part.type === 'frames' ? null : part.attachment.sha,
            storedMedium(part),
          )
      })
      if (status !== 'streaming') index.addMessage(id)
      return id
    },
    append: (id: string, text: string) => void sql.append.run(text, id),
    rewrite: (id: string, text: string) => void sql.rewrite.run(text, id),
    /** An answer that has ended is being written again. */
    resume: (id: string) => void sql.resume.run(id),
    appendThought: (id: string, text: string) => void sql.appendThought.run({ id, text }),
    endThought: (id: string, thought: { readonly ms: number; readonly tokens: number }) =>
      void sql.endThought.run({ id, ...thought }),
    seen: (id: string, seen: Seen) => void sql.seen.run(JSON.stringify(seen), id),
    /** Returns whether the message has any picture or video. */
    lowerDetail: (id: string, maxPixels: number) => sql.lowerDetail.run({ id, most: maxPixels }).changes > 0,
    /** The tokens of an answer as they were kept when it was cut; null: they were not. */
    tokens(id: string): number[] | null {
      const ids = sql.tokens.get(id)
      return ids ? [...new Int32Array(Uint8Array.from(ids).buffer)] : null
    },
    /** Only for a streaming message. */
    finish(id: string, { status, error, usage, timings, tokens }: Ending): void {
      const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))
      sql.finish.run(status, json(error), json(usage), json(timings), id)
      if (tokens) sql.putTokens.run(id, Buffer.from(Int32Array.from(tokens).buffer))
      else if (status === 'complete') sql.dropTokens.run(id)
      index.addMessage(id)
    },
  }
}

export type MessageStore = ReturnType<typeof createMessageStore>

/** As SQLite's NOCASE compares. */
const sameTag = (a: string, b: string): boolean => lowered(a) === lowered(b)
const lowered = (tag: string): string => tag.replace(/[A-Z]/g, (letter) => letter.toLowerCase())

/** Characters of a title at most. */
const LONGEST_TITLE = 60

/** A conversation's first title: the first words of the question, at most 60 characters; without words, the name of the first picture or video. */
export function titleOf(parts: readonly Part[]): string {
  const text = parts.map((part) => (part.type === 'text' ? part.text : ' ')).join(' ')
  const words = text.trim().split(/\s+/u).join(' ')
  if (words) return shorten(words)
  const medium = parts.find((part): part is MediaPart => part.type !== 'text' && part.type !== 'reasoning')
  return medium ? shorten(medium.type === 'frames' ? medium.name : medium.attachment.name) : ''
}

function shorten(text: string): string {
  const characters = [...text]
  if (characters.length <= LONGEST_TITLE) return text
  const head = characters.slice(0, LONGEST_TITLE - 1).join('')
  const space = head.lastIndexOf(' ')
  return `${(space > LONGEST_TITLE / 2 ? head.slice(0, space) : head).trimEnd()}…`
}
