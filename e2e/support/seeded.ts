import { join } from 'node:path'
import { openStore } from '../../main/lib/database/index.ts'
import { createConversations } from '../../main/services/conversations/index.ts'
import type { Conversations } from '../../main/services/conversations/index.ts'
import { test as base } from './fixtures.ts'

/** Stores a question with its whole answer; returns the ids. `into`: the conversation, a new one unless it is told. */
export function answered(conversations: Conversations, question: string, answer: string, into: string | null = null) {
  const parts = [{ type: 'text' as const, text: question }]
  const sent = conversations.ask({ conversationId: into, parts, model: 'Demo model' })
  conversations.append(sent.answerId, answer)
  conversations.finish(sent.answerId, { status: 'complete' })
  return sent
}

/** Tests whose app finds conversations that were had before: `seed.store` stores them. */
export const test = base.extend<{ seed: { readonly store: (conversations: Conversations) => void } }>({
  seed: [{ store: () => {} }, { option: true }],
  data: async ({ data, shell, seed }, use) => {
    const store = openStore(shell === 'electron' ? join(data, 'data') : data)
    // each change a moment after the one before, as people make them
    let time = Date.now() - 60_000
    store.db.transaction(() => seed.store(createConversations(store.db, () => ++time)))()
    store.close()
    await use(data)
  },
})

export { expect } from './fixtures.ts'
