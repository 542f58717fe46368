/** Facts of the stored files, one row per SHA-256; the bytes lie in the attachments folder. `stored_at` in ms. */
export const attachments = `
  CREATE TABLE attachments (
    sha TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    mime TEXT NOT NULL,
    name TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    stored_at INTEGER NOT NULL
  ) STRICT;
`
