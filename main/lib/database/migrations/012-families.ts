/**
 * Of which family a language model is that does not say so, as the user found by trying: `fingerprint` is the size and
 * digest of its ends, so that it is known under any name. `models.apart_from`: the fingerprint of the one file that a model
 * was taken apart from. Times in ms since 1970.
 */
export const families = `
  CREATE TABLE chosen_families (
    fingerprint TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    chosen_at INTEGER NOT NULL
  ) STRICT;

  ALTER TABLE models ADD COLUMN apart_from TEXT;
`
