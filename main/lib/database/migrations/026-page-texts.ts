/**
 * The text layer of a page that was drawn, by the SHA-256 of its picture, with which it goes: as one text for search, and `lines` as JSON of the
 * contract's `PageLine`.
 */
export const pageTexts = `
  CREATE TABLE page_texts (
    sha TEXT PRIMARY KEY,
    text TEXT NOT NULL,
    lines TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER page_removed AFTER DELETE ON attachments BEGIN
    DELETE FROM page_texts WHERE sha = old.sha;
  END;
`
