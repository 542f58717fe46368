/**
 * `part_of`: of a conversation in the trash that holds messages which were deleted out of another one: that one's id. They go
 * with it, and go back into it when they are restored. `edited`: an answer that the user wrote anew.
 *
 * `answer_tokens`: the tokens of an answer that was cut off or stopped, as 32-bit integers (little-endian): what it is
 * gone on with exactly.
 */
export const branches = `
  ALTER TABLE conversations ADD COLUMN part_of TEXT REFERENCES conversations (id) ON DELETE CASCADE;
  CREATE INDEX conversations_by_whole ON conversations (part_of) WHERE part_of IS NOT NULL;
  ALTER TABLE messages ADD COLUMN edited INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE answer_tokens (
    message_id TEXT PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
    ids BLOB NOT NULL
  ) STRICT, WITHOUT ROWID;
`
