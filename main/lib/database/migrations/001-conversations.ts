/** Conversations as trees of messages, each an ordered list of parts. Positions are stable row ids, in order of creation. */
export const conversations = `
  CREATE TABLE conversations (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    leaf_id TEXT
  ) STRICT;

  CREATE TABLE messages (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    parent_id TEXT REFERENCES messages (id),
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    status TEXT NOT NULL CHECK (status IN ('streaming', 'complete', 'stopped', 'failed', 'interrupted')),
    error TEXT,
    model TEXT,
    usage TEXT,
    timings TEXT,
    created_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX messages_by_conversation ON messages (conversation_id);
  CREATE INDEX messages_by_parent ON messages (parent_id);
  CREATE INDEX messages_streaming ON messages (status) WHERE status = 'streaming';

  CREATE TABLE parts (
    message_id TEXT NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('text', 'image')),
    text TEXT,
    attachment_sha TEXT,
    attachment TEXT,
    PRIMARY KEY (message_id, ordinal),
    CHECK ((type = 'text') = (text IS NOT NULL) AND (type = 'image') = (attachment_sha IS NOT NULL AND attachment IS NOT NULL))
  ) STRICT;
  CREATE INDEX parts_by_attachment ON parts (attachment_sha) WHERE attachment_sha IS NOT NULL;
`
