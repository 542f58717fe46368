/** How many pictures and videos a message adds to those before it: answers, whose pictures no model gets, none. */
const added = (message: string, types: string): string =>
  `(${message}.role = 'user') * (SELECT count(*) FROM parts WHERE message_id = ${message}.id AND type IN (${types}))`
const pictures = `'image'`
const videos = `'video', 'frames'`

/**
 * How many pictures and videos the questions before a message show, from which on its own are numbered; whoever stores
 * messages, they are counted by a trigger.
 */
export const numbers = `
  ALTER TABLE messages ADD COLUMN pictures_before INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE messages ADD COLUMN videos_before INTEGER NOT NULL DEFAULT 0;
  WITH RECURSIVE down (id, pictures, videos) AS (
    SELECT id, 0, 0 FROM messages WHERE parent_id IS NULL
    UNION ALL SELECT m.id, down.pictures + ${added('p', pictures)}, down.videos + ${added('p', videos)}
    FROM down CROSS JOIN messages p ON p.id = down.id CROSS JOIN messages m ON m.parent_id = p.id)
  UPDATE messages SET pictures_before = down.pictures, videos_before = down.videos
    FROM down WHERE down.id = messages.id AND down.pictures + down.videos > 0;
  CREATE TRIGGER message_numbered AFTER INSERT ON messages WHEN new.parent_id IS NOT NULL BEGIN
    UPDATE messages SET (pictures_before, videos_before) = (
      SELECT p.pictures_before + ${added('p', pictures)}, p.videos_before + ${added('p', videos)}
      FROM messages p WHERE p.id = new.parent_id)
    WHERE id = new.id AND EXISTS (SELECT 1 FROM messages p WHERE p.id = new.parent_id);
  END;
`
