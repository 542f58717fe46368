/**
 * Search by an index that keeps no text: for each message (its position) and each title (its conversation's position,
 * negative) the grams that `services/conversations/grams.ts` makes. It takes the place of two tables with a second copy of
 * all text. What was written before is indexed after the start, from the newest backwards: `search_backlog` has the
 * position of the newest message and of the newest conversation that still wait, 0 when none does.
 *
 * Indexes: the children of a message in its conversation, the list, and the few messages and parts that have a format or
 * are rows of pictures.
 */
export const grams = `
  DROP TRIGGER title_added;
  DROP TRIGGER title_changed;
  DROP TRIGGER title_removed;
  DROP TRIGGER message_removed;
  DROP TABLE title_search;
  DROP TABLE message_search;

  CREATE VIRTUAL TABLE search_grams USING fts5 (
    grams, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
  );
  CREATE TABLE search_backlog (messages INTEGER NOT NULL, titles INTEGER NOT NULL) STRICT;
  INSERT INTO search_backlog
    SELECT (SELECT coalesce(max(position), 0) FROM messages), (SELECT coalesce(max(position), 0) FROM conversations);
  CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    DELETE FROM search_grams WHERE rowid = old.position;
  END;
  CREATE TRIGGER title_removed AFTER DELETE ON conversations BEGIN
    DELETE FROM search_grams WHERE rowid = -old.position;
  END;

  DROP INDEX messages_by_conversation;
  CREATE INDEX messages_in_conversation ON messages (conversation_id, parent_id);
  CREATE INDEX messages_with_format ON messages (position) WHERE format IS NOT NULL;
  CREATE INDEX parts_of_frames ON parts (message_id) WHERE type = 'frames';
  CREATE INDEX conversations_by_change ON conversations (updated_at);
`
