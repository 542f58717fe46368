/**
 * What the model got of the pictures before an answer, as JSON of the contract's `Seen`, and how many of the oldest
 * messages its prompt left out. Null and 0 for answers of earlier versions.
 */
export const seen = `
  ALTER TABLE messages ADD COLUMN seen TEXT;
  ALTER TABLE messages ADD COLUMN left_out INTEGER NOT NULL DEFAULT 0;
`
