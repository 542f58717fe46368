/** An answer that stands beside another one to the same question, to be compared with it: that one's id. */
export const beside = `
  ALTER TABLE messages ADD COLUMN beside_id TEXT REFERENCES messages (id);
  CREATE INDEX messages_by_beside ON messages (beside_id) WHERE beside_id IS NOT NULL;
`
