/** What a model saw in a picture, by the SHA-256 of its file, with which it goes. `described_at` in ms since 1970. */
export const descriptions = `
  CREATE TABLE picture_descriptions (
    sha TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    model TEXT NOT NULL,
    described_at INTEGER NOT NULL
  ) STRICT;
  CREATE TRIGGER attachment_removed AFTER DELETE ON attachments BEGIN
    DELETE FROM picture_descriptions WHERE sha = old.sha;
  END;
`
