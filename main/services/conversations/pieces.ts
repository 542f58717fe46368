import { randomUUID } from 'node:crypto'
import type { Database } from '../../lib/database/index.ts'
import type { SearchIndex } from './searchIndex.ts'

/** Messages with all that hangs on them, whichever conversation holds it; the parameter is their ids as JSON. */
const hanging = `
  WITH RECURSIVE hanging (id) AS (
    SELECT value FROM json_each(?)
    UNION SELECT m.id FROM hanging JOIN messages m ON m.parent_id = hanging.id)`

/** How many questions and answers there are. */
export interface MessageCount {
  readonly questions: number
  readonly answers: number
}

/**
 * The SQL of pieces: messages that were deleted out of a conversation, kept as one of their own in the trash (`part_of`)
 * until they are put back or it is emptied. They keep their parents, so that a piece knows its place. Steps of the
 * caller's transaction.
 */
export function createPieces(db: Database, index: SearchIndex) {
  const sql = {
    add: db.prepare(`
      INSERT INTO conversations (id, title, created_at, updated_at, leaf_id, deleted_at, part_of)
      VALUES (@id, @title, @now, @now, @leafId, @now, @partOf)`),
    move: db.prepare(
      `UPDATE messages SET conversation_id = ? WHERE conversation_id = ? AND id IN (${hanging} SELECT id FROM hanging)`,
    ),
    /** Pieces whose place is within what goes go with it. */
    follow: db.prepare(`
      UPDATE conversations SET part_of = @to WHERE part_of = @from AND id <> @to AND EXISTS (
        SELECT 1 FROM messages m JOIN messages parent ON parent.id = m.parent_id
        WHERE m.conversation_id = conversations.id AND parent.conversation_id = @to)`),
    moveAll: db.prepare('UPDATE messages SET conversation_id = ? WHERE conversation_id = ?'),
    followAll: db.prepare('UPDATE conversations SET part_of = ? WHERE part_of = ?'),
    setLeaf: db.prepare(
      'UPDATE conversations SET leaf_id = (SELECT leaf_id FROM conversations WHERE id = @from) WHERE id = @to',
    ),
    remove: db.prepare('DELETE FROM conversations WHERE id = ?'),
    count: db.prepare<[string], { role: string; messages: number }>(
      'SELECT role, count(*) AS messages FROM messages WHERE conversation_id = ? GROUP BY role',
    ),
    of: db
      .prepare<[string], string>(`
        WITH RECURSIVE piece (id) AS (
          SELECT id FROM conversations WHERE part_of = ?
          UNION SELECT c.id FROM piece JOIN conversations c ON c.part_of = piece.id)
        SELECT id FROM piece`)
      .pluck(),
  }
  return {
    /** Takes messages with all that hangs on them out of a conversation; returns the id of the piece. `leafId`: what is shown of it. */
    take(conversationId: string, ids: readonly string[], leafId: string, title: string, now: number): string {
      const id = randomUUID()
      sql.add.run({ id, title, now, leafId, partOf: conversationId })
      sql.move.run(id, conversationId, JSON.stringify(ids))
      sql.follow.run({ from: conversationId, to: id })
      index.addTitle(id)
      return id
    },
    /** Puts a piece back into what it is part of, which then shows it. */
    putBack(id: string, partOf: string): void {
      sql.moveAll.run(partOf, id)
      sql.followAll.run(partOf, id)
      sql.setLeaf.run({ from: id, to: partOf })
      sql.remove.run(id)
    },
    /** The pieces of a conversation, and those of its pieces. */
    of: (id: string): string[] => sql.of.all(id),
    count(id: string): MessageCount {
      const counts = new Map(sql.count.all(id).map(({ role, messages }) => [role, messages]))
      return { questions: counts.get('user') ?? 0, answers: counts.get('assistant') ?? 0 }
    },
  }
}

export type Pieces = ReturnType<typeof createPieces>
