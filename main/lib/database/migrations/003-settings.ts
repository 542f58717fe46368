/** What the user chose (one row per setting, JSON) and the model files the user added. */
export const settings = `
  CREATE TABLE settings (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;

  CREATE TABLE models (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    text_path TEXT NOT NULL,
    projector_path TEXT,
    bytes INTEGER NOT NULL,
    trained_context INTEGER NOT NULL
  ) STRICT;
`
