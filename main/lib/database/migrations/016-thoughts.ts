/**
 * What a model thought before an answer, written piece by piece; apart from the parts, so that no search, title or copy of
 * the text meets it. `ms` and `tokens` once it has ended.
 */
export const thoughts = `
  CREATE TABLE thoughts (
    message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    ms REAL,
    tokens INTEGER
  ) STRICT;
`
