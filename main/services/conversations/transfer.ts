import { AppError } from '#contract'
import type { Folder, Message, SaidPart } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { derivedId } from '../../lib/derivedId.ts'
import { titleOf } from './messageStore.ts'
import { conversationOf, messageOf, partOf, reasoningOf, storedMedium } from './rows.ts'
import type { ConversationRow, MessageRow, PartRow, ThoughtRow } from './rows.ts'
import type { SearchIndex } from './searchIndex.ts'
import type { Added, StoredMessage, WholeConversation } from './types.ts'

/** The SQL that reads a conversation with all of its branches, and stores one that comes from elsewhere. */
export function createTransfer(db: Database, index: SearchIndex) {
  const sql = {
    conversation: db.prepare<[string], ConversationRow>('SELECT * FROM conversations WHERE id = ?'),
    ids: db
      .prepare<[], string>(
        'SELECT id FROM conversations WHERE deleted_at IS NULL ORDER BY updated_at DESC, position DESC',
      )
      .pluck(),
    messages: db.prepare<[string], MessageRow>('SELECT * FROM messages WHERE conversation_id = ? ORDER BY position'),
    parts: db.prepare<[string], PartRow & { message_id: string }>(`
      SELECT p.message_id, p.type, p.text, p.attachment FROM messages m JOIN parts p ON p.message_id = m.id
      WHERE m.conversation_id = ? ORDER BY p.message_id, p.ordinal`),
    thoughts: db.prepare<[string], ThoughtRow>(
      'SELECT t.* FROM messages m JOIN thoughts t ON t.message_id = m.id WHERE m.conversation_id = ?',
    ),
    owner: db.prepare<[string], string>('SELECT conversation_id FROM messages WHERE id = ?').pluck(),
    addConversation: db.prepare(
      'INSERT INTO conversations (id, title, created_at, updated_at, leaf_id, pinned, archived, folder_id, tags) VALUES (?, ?, ?, ?, NULL, ?, ?, ?, ?)',
    ),
    restore: db.prepare('UPDATE conversations SET deleted_at = NULL WHERE id = ?'),
    moveTo: db.prepare('UPDATE conversations SET leaf_id = ? WHERE id = ?'),
    addMessage: db.prepare(`
      INSERT INTO messages (id, conversation_id, parent_id, role, status, error, model, usage, timings, seen, left_out, beside_id, format, job, edited, missing, created_at)
      VALUES (@id, @conversationId, @parentId, @role, @status, @error, @model, @usage, @timings, @seen, @leftOut, @beside, @format, @job, @edited, @missing, @createdAt)`),
    missing: db.prepare<[string], number>('SELECT missing FROM messages WHERE id = ?').pluck(),
    setMissing: db.prepare('UPDATE messages SET missing = ? WHERE id = ?'),
    removeParts: db.prepare('DELETE FROM parts WHERE message_id = ?'),
    shown: db.prepare<[string], { pictures: number; videos: number }>(`
      SELECT count(*) FILTER (WHERE type = 'image') AS pictures, count(*) FILTER (WHERE type IN ('video', 'frames')) AS videos
      FROM parts JOIN messages ON messages.id = message_id WHERE message_id = ? AND role = 'user'`),
    /** Numbers what comes after a message on from so many pictures and videos more. */
    numberOn: db.prepare(`
      WITH RECURSIVE later (id) AS (
        SELECT id FROM messages WHERE parent_id = @id
        UNION ALL SELECT m.id FROM later JOIN messages m ON m.parent_id = later.id)
      UPDATE messages SET pictures_before = pictures_before + @pictures, videos_before = videos_before + @videos
      WHERE id IN (SELECT id FROM later)`),
    addPart: db.prepare(
      'INSERT INTO parts (message_id, ordinal, type, text, attachment_sha, attachment) VALUES (?, ?, ?, ?, ?, ?)',
    ),
    addThought: db.prepare('INSERT INTO thoughts (message_id, text, ms, tokens) VALUES (?, ?, ?, ?)'),
  }
  const json = (value: unknown) => (value === null || value === undefined ? null : JSON.stringify(value))

  /** The id under which a message of a conversation is stored: its own, unless another conversation has a message of that id. */
  const idIn = (conversationId: string, id: string): { id: string; isThere: boolean } => {
    const owner = sql.owner.get(id)
    if (owner === undefined || owner === conversationId) return { id, isThere: owner !== undefined }
    const other = derivedId('message', conversationId, id)
    return { id: other, isThere: sql.owner.get(other) === conversationId }
  }

  function addMessage(message: StoredMessage): void {
    const { id } = message
    sql.addMessage.run({
      ...{ id, conversationId: message.conversationId, parentId: message.parentId, role: message.role },
      ...{ status: message.status, model: message.model, leftOut: message.leftOut, beside: message.beside },
      ...{ error: json(message.error), usage: json(message.usage), timings: json(message.timings) },
      ...{
        seen: json(message.seen),
        format: json(message.format),
        job: json(message.job),
        edited: message.edited ? 1 : 0,
        createdAt: message.createdAt,
        missing: message.missing ?? 0,
      },
    })
    addParts(message)
    const thought = message.parts.find((part) => part.type === 'reasoning')
    if (thought) sql.addThought.run(id, thought.text.toWellFormed(), thought.ms ?? null, thought.tokens ?? null)
    index.addMessage(id)
  }

  function addParts({ id, parts }: Pick<StoredMessage, 'id' | 'parts'>): void {
    const said = parts.filter((part): part is SaidPart => part.type !== 'reasoning')
    said.forEach((part, ordinal) => {
      if (part.type === 'text') sql.addPart.run(id, ordinal, 'text', part.text.toWellFormed(), null, null)
      else {
        const sha = part.type === 'frames' ? null : part.attachment.sha
        sql.addPart.run(id, ordinal, part.type, null, sha, storedMedium(part))
      }
    })
  }

  /** Puts what a fuller export says in the place of a message that lacks media; whether it lacked any. */
  function fillIn({ id, parts, missing = 0 }: Pick<StoredMessage, 'id' | 'parts' | 'missing'>): boolean {
    if (missing >= (sql.missing.get(id) ?? 0)) return false
    const before = sql.shown.get(id)!
    sql.removeParts.run(id)
    addParts({ id, parts })
    const now = sql.shown.get(id)!
    sql.numberOn.run({ id, pictures: now.pictures - before.pictures, videos: now.videos - before.videos })
    sql.setMissing.run(missing, id)
    index.addMessage(id)
    return true
  }

  return {
    ids: () => sql.ids.all(),

    /** Throws NotFound. Each message stands after its parent. */
    read(id: string): WholeConversation {
      const row = sql.conversation.get(id)
      if (!row)
        throw new AppError('NotFound', 'This conversation is no longer there. It may have been removed.', { id })
      const parts = Map.groupBy(sql.parts.all(id), ({ message_id }) => message_id)
      const thoughts = new Map(sql.thoughts.all(id).map((thought) => [thought.message_id, thought]))
      const messages = sql.messages.all(id).map((message): StoredMessage => {
        const thought = thoughts.get(message.id)
        const said = (parts.get(message.id) ?? []).map(partOf)
        const {
          siblings: _,
          mediaBefore: __,
          ...stored
        }: Message = messageOf(message, [...(thought ? [reasoningOf(thought)] : []), ...said], [])
        return stored
      })
      return { conversation: conversationOf(row), messages }
    },

    /** Those of `messageIds` that a conversation has, as it was taken over, and with all their media. */
    has(conversationId: string, messageIds: readonly string[]): Set<string> {
      return new Set(
        messageIds.filter((wanted) => {
          const { id, isThere } = idIn(conversationId, wanted)
          return isThere && sql.missing.get(id) === 0
        }),
      )
    },

    /**
     * Stores what is not there yet, in one transaction; a conversation in the trash leaves it. Each message has to stand after its parent and the one that it is beside.
     * `ensureFolder` has its folder there. Throws InvalidInput where one does not.
     */
    add({ conversation, messages, folder }: WholeConversation, ensureFolder: (folder: Folder) => void): Added {
      return db.transaction((): Added => {
        const { id, createdAt, updatedAt, leafId } = conversation
        const row = sql.conversation.get(id)
        const isMissing = row === undefined
        const isBack = (row?.deleted_at ?? null) !== null
        if (isBack) sql.restore.run(id)
        if (isMissing) {
          const first = messages.find(({ role }) => role === 'user') ?? messages[0]
          const title = conversation.title.trim() || titleOf(first?.parts ?? []) || 'Imported conversation'
          const places = [conversation.pinned, conversation.archived].map((is) => (is ? 1 : 0))
          if (folder) ensureFolder(folder)
          const tags = conversation.tags?.length ? JSON.stringify([...new Set(conversation.tags)]) : null
          const shelf = [...places, folder?.id ?? null, tags]
          sql.addConversation.run(id, title.toWellFormed(), createdAt, updatedAt, ...shelf)
          index.addTitle(id)
        }
        const stored = new Map<string, string>()
        let added = 0
        const known = (wanted: string | null): string | null => {
          const found = wanted === null ? null : stored.get(wanted)
          if (found === undefined)
            throw new AppError(
              'InvalidInput',
              'A message stands before the one that it follows, so the file is damaged.',
            )
          return found
        }
        for (const message of messages) {
          const { id: own, isThere } = idIn(id, message.id)
          if (stored.has(message.id))
            throw new AppError('InvalidInput', 'A message stands twice in a conversation, so the file is damaged.')
          stored.set(message.id, own)
          if (isThere) {
            if (fillIn({ ...message, id: own })) added++
            continue
          }
          const { parentId, beside } = message
          addMessage({ ...message, id: own, conversationId: id, parentId: known(parentId), beside: known(beside) })
          added++
        }
        const leaf = (leafId === null ? undefined : stored.get(leafId)) ?? [...stored.values()].at(-1)
        if (isMissing && leaf !== undefined) sql.moveTo.run(leaf, id)
        return { isNew: isMissing || isBack, added }
      })()
    },
  }
}
