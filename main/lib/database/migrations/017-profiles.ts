/**
 * Profiles of the user's own, as JSON of the contract's `Profile`. What tells which profile a model is asked with: what its header
 * calls it and what it was made from, and its chat template, as JSON; null: not read yet. The job that a question asks for, as JSON
 * of `AskedJob`; null: none.
 */
export const profiles = `
  CREATE TABLE profiles (
    id TEXT PRIMARY KEY,
    profile TEXT NOT NULL
  ) STRICT;
  ALTER TABLE models ADD COLUMN called TEXT;
  ALTER TABLE messages ADD COLUMN job TEXT;
`
