/**
 * Where a conversation is kept: on top of the list (`pinned`), out of it (`archived`), or in the trash since `deleted_at`, in ms
 * since 1970, until it is deleted for good.
 */
export const shelves = `
  ALTER TABLE conversations ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE conversations ADD COLUMN deleted_at INTEGER;
  CREATE INDEX conversations_deleted ON conversations (deleted_at) WHERE deleted_at IS NOT NULL;
`
