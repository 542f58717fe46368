/**
 * Parts that are videos: `attachment` is JSON of the contract's part without its type; `attachment_sha` is the file's, or
 * null where the video is a row of pictures, whose shas are in the JSON. `attachments.facts`: of a video, JSON of what is
 * known of it beyond its size; of a picture, JSON of its pages and notes where there are any.
 */
export const videos = `
  ALTER TABLE attachments ADD COLUMN facts TEXT;

  CREATE TABLE parts_with_videos (
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'image', 'video', 'frames')),
    text TEXT,
    attachment_sha TEXT,
    attachment TEXT,
    PRIMARY KEY (message_id, ordinal),
    CHECK (
      (type = 'text') = (text IS NOT NULL)
      AND (type IN ('image', 'video')) = (attachment_sha IS NOT NULL)
      AND (type <> 'text') = (attachment IS NOT NULL)
    )
  ) STRICT;
  INSERT INTO parts_with_videos SELECT message_id, ordinal, type, text, attachment_sha, attachment FROM parts;
  DROP TABLE parts;
  ALTER TABLE parts_with_videos RENAME TO parts;
  CREATE INDEX parts_by_attachment ON parts (attachment_sha) WHERE attachment_sha IS NOT NULL;
`
