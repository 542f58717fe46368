/**
 * The first picture or video of a conversation, by the SHA-256 of its file, which the list shows; whoever stores messages, it is noted by
 * a trigger. And how many media of a message were not in the export that it was imported from, so that a fuller one is known to fill them in.
 */
export const covers = `
  ALTER TABLE conversations ADD COLUMN cover TEXT;
  UPDATE conversations SET cover = (
    SELECT p.attachment_sha FROM messages m JOIN parts p ON p.message_id = m.id
    WHERE m.conversation_id = conversations.id AND p.attachment_sha IS NOT NULL ORDER BY m.position, p.ordinal LIMIT 1)
  WHERE position IN (SELECT conversation FROM conversation_traits WHERE kind IN ('picture', 'video'));
  CREATE TRIGGER cover_added AFTER INSERT ON parts WHEN new.attachment_sha IS NOT NULL BEGIN
    UPDATE conversations SET cover = new.attachment_sha
      WHERE cover IS NULL AND id = (SELECT conversation_id FROM messages WHERE id = new.message_id);
  END;
  ALTER TABLE messages ADD COLUMN missing INTEGER NOT NULL DEFAULT 0;
`
