/**
 * Downloads of models and their files. `state` is what the user or the last run left it in: 'queued' is on its way.
 * `folder` and `name` are safe names within the models folder. `stage` of a file: 'part' while it is fetched, 'checked'
 * from just before it is moved to its place, 'placed' after that. `is_own`: this download made the file. `progress`: JSON.
 */
export const downloads = `
  CREATE TABLE downloads (
    id TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    quantization TEXT NOT NULL,
    folder TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'paused', 'failed', 'done')),
    error TEXT,
    model_id TEXT,
    started_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE download_files (
    download_id TEXT NOT NULL REFERENCES downloads (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    path TEXT NOT NULL,
    url TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT,
    role TEXT NOT NULL CHECK (role IN ('text', 'projector')),
    name TEXT NOT NULL,
    stage TEXT NOT NULL CHECK (stage IN ('part', 'checked', 'placed')),
    is_own INTEGER NOT NULL,
    progress TEXT,
    PRIMARY KEY (download_id, ordinal)
  ) STRICT;
`
