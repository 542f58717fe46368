/**
 * Full-text search by trigrams, which finds parts of words and scripts without spaces. Texts are indexed when a message
 * is finished, titles by triggers; deletions by triggers. Row ids are the positions of messages and conversations.
 */
export const search = `
  CREATE VIRTUAL TABLE message_search USING fts5 (text, tokenize = 'trigram remove_diacritics 1');
  CREATE VIRTUAL TABLE title_search USING fts5 (text, tokenize = 'trigram remove_diacritics 1');

  INSERT INTO title_search (rowid, text) SELECT position, title FROM conversations;
  INSERT INTO message_search (rowid, text)
    SELECT m.position, group_concat(p.text, char(10) ORDER BY p.ordinal)
    FROM messages m JOIN parts p ON p.message_id = m.id AND p.type = 'text'
    WHERE m.status <> 'streaming'
    GROUP BY m.position;

  CREATE TRIGGER title_added AFTER INSERT ON conversations BEGIN
    INSERT INTO title_search (rowid, text) VALUES (new.position, new.title);
  END;
  CREATE TRIGGER title_changed AFTER UPDATE OF title ON conversations BEGIN
    UPDATE title_search SET text = new.title WHERE rowid = new.position;
  END;
  CREATE TRIGGER title_removed AFTER DELETE ON conversations BEGIN
    DELETE FROM title_search WHERE rowid = old.position;
  END;
  CREATE TRIGGER message_removed AFTER DELETE ON messages BEGIN
    DELETE FROM message_search WHERE rowid = old.position;
  END;
`
