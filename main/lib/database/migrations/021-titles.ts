/**
 * Whether a conversation is still called by the first words of its question (1), in the place of which a model may put a title; 0: it
 * was given one.
 */
export const titles = `
  ALTER TABLE conversations ADD COLUMN untitled INTEGER NOT NULL DEFAULT 0;
`
