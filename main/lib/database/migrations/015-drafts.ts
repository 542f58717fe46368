/**
 * Questions that are being composed: `draft` is the contract's `SavedDraft` as JSON, one for each conversation and one for the
 * conversation that does not exist yet (null). A draft goes with its conversation.
 */
export const drafts = `
  CREATE TABLE drafts (
    id INTEGER PRIMARY KEY,
    conversation_id TEXT REFERENCES conversations (id) ON DELETE CASCADE,
    draft TEXT NOT NULL
  );
  CREATE UNIQUE INDEX drafts_by_conversation ON drafts (coalesce(conversation_id, ''));
`
