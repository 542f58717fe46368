/**
 * What a search is narrowed by: of each conversation (its position) whether it has pictures ('picture') and videos
 * ('video'), and the names of the models that answered in it ('model', with the name as `value`). Whoever stores messages, it
 * is noted by triggers.
 *
 * The names of files are searched too: `search_again` has the positions of messages that were indexed without them, until
 * they are indexed once more after the start.
 */
export const traits = `
  CREATE TABLE conversation_traits (
    kind TEXT NOT NULL CHECK (kind IN ('picture', 'video', 'model')),
    value TEXT NOT NULL,
    conversation INTEGER NOT NULL REFERENCES conversations (position) ON DELETE CASCADE,
    PRIMARY KEY (kind, value, conversation)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX traits_of_conversation ON conversation_traits (conversation);

  INSERT OR IGNORE INTO conversation_traits (kind, value, conversation)
    SELECT CASE p.type WHEN 'image' THEN 'picture' ELSE 'video' END, '', c.position
    FROM parts p JOIN messages m ON m.id = p.message_id JOIN conversations c ON c.id = m.conversation_id
    WHERE p.type IN ('image', 'video', 'frames');
  INSERT OR IGNORE INTO conversation_traits (kind, value, conversation)
    SELECT 'model', m.model, c.position FROM messages m JOIN conversations c ON c.id = m.conversation_id
    WHERE m.model IS NOT NULL;

  CREATE TRIGGER part_added AFTER INSERT ON parts WHEN new.type IN ('image', 'video', 'frames') BEGIN
    INSERT OR IGNORE INTO conversation_traits (kind, value, conversation)
      SELECT CASE new.type WHEN 'image' THEN 'picture' ELSE 'video' END, '', c.position
      FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.id = new.message_id;
  END;
  CREATE TRIGGER message_answered AFTER INSERT ON messages WHEN new.model IS NOT NULL BEGIN
    INSERT OR IGNORE INTO conversation_traits (kind, value, conversation)
      SELECT 'model', new.model, position FROM conversations WHERE id = new.conversation_id;
  END;

  CREATE TABLE search_again (position INTEGER PRIMARY KEY) STRICT;
  INSERT OR IGNORE INTO search_again
    SELECT m.position FROM parts p JOIN messages m ON m.id = p.message_id
    WHERE p.type <> 'text' AND m.position > (SELECT messages FROM search_backlog);
`
