/**
 * Models with all their files, where they came from and what the user chose for them, and the model that answered last
 * in each conversation. `models.id` 'demo' is the model inside the app. Sizes in bytes, times in ms since 1970,
 * digests as hexadecimal SHA-256. What an earlier version did not know is null until the files are looked at again.
 */
export const library = `
  ALTER TABLE models ADD COLUMN given_name TEXT;
  ALTER TABLE models ADD COLUMN quantization TEXT;
  ALTER TABLE models ADD COLUMN projector_quantization TEXT;
  ALTER TABLE models ADD COLUMN family TEXT;
  ALTER TABLE models ADD COLUMN origin TEXT NOT NULL DEFAULT 'This computer';
  ALTER TABLE models ADD COLUMN entry_id TEXT;
  ALTER TABLE models ADD COLUMN entry_quantization TEXT;
  ALTER TABLE models ADD COLUMN added_at INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE models ADD COLUMN last_used_at INTEGER;
  ALTER TABLE models ADD COLUMN overrides TEXT;
  UPDATE models SET added_at = unixepoch() * 1000;

  CREATE TABLE model_files (
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('text', 'projector', 'adapter')),
    bytes INTEGER NOT NULL,
    sha256 TEXT,
    source_sha256 TEXT,
    digest TEXT NOT NULL DEFAULT 'unknown' CHECK (digest IN ('unknown', 'verified', 'computed', 'changed')),
    scale REAL,
    PRIMARY KEY (model_id, path)
  ) STRICT;
  INSERT INTO model_files (model_id, path, ordinal, role, bytes) SELECT id, text_path, 0, 'text', bytes FROM models;
  INSERT INTO model_files (model_id, path, ordinal, role, bytes)
    SELECT id, projector_path, 1, 'projector', 0 FROM models WHERE projector_path IS NOT NULL;
  ALTER TABLE models DROP COLUMN text_path;
  ALTER TABLE models DROP COLUMN projector_path;
  ALTER TABLE models DROP COLUMN bytes;

  CREATE TABLE model_uses (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL REFERENCES models (id) ON DELETE CASCADE
  ) STRICT;
  CREATE INDEX model_uses_by_model ON model_uses (model_id);
  INSERT INTO model_uses (conversation_id, model_id)
    SELECT m.conversation_id, min(d.id) FROM messages m JOIN models d ON d.name = m.model
    WHERE m.position IN (SELECT max(position) FROM messages WHERE role = 'assistant' GROUP BY conversation_id)
    GROUP BY m.conversation_id;
`
