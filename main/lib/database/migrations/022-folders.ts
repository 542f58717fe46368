/** Folders of the list, and the tags of a conversation as a JSON array of strings in their order; null: none. */
export const folders = `
  CREATE TABLE folders (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL
  ) STRICT;
  ALTER TABLE conversations ADD COLUMN folder_id TEXT REFERENCES folders (id) ON DELETE SET NULL;
  CREATE INDEX conversations_in_folder ON conversations (folder_id) WHERE folder_id IS NOT NULL;
  ALTER TABLE conversations ADD COLUMN tags TEXT;
  CREATE INDEX conversations_tagged ON conversations (position) WHERE tags IS NOT NULL;
`
