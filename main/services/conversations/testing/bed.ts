import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImageAttachment, Message, Part } from '#contract'
import { afterEach, beforeEach } from 'vitest'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { createConversations } from '../conversations.ts'
import type { Conversations, Sent } from '../types.ts'

/** A store of its own for each test, with the conversations in it; their clock goes on by one at every look. */
export interface Bed {
  readonly conversations: Conversations
  readonly db: Store['db']
  /** Closes the store and opens it again, as the next start of the app does. */
  reopen(): void
  ask(parts: Part[], conversationId?: string | null): Sent
  /** A question with its whole answer. */
  answered(question: string, answer: string, conversationId?: string | null): Sent
  /** What stands on the path to the current leaf. */
  shown(conversationId: string): string[]
}

/** Makes the bed of a test file; call it once, at its top. */
export function createBed(): Bed {
  let folder: string
  let store: Store
  let conversations: Conversations
  let time = 1000
  const open = (): void => {
    store = openStore(folder)
    conversations = createConversations(store.db, () => ++time)
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sightline-conversations-'))
    open()
  })
  afterEach(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const ask: Bed['ask'] = (parts, conversationId = null) => conversations.ask({ conversationId, parts, model: 'demo' })
  return {
    get conversations() {
      return conversations
    },
    get db() {
      return store.db
    },
    reopen() {
      store.close()
      open()
    },
    ask,
    answered(question, answer, conversationId = null) {
      const sent = ask(text(question), conversationId)
      conversations.append(sent.answerId, answer)
      conversations.finish(sent.answerId, { status: 'complete' })
      return sent
    },
    shown: (id) => conversations.path(conversations.get(id).leafId as string).map(said),
  }
}

/** A question of words alone. */
export const text = (value: string): Part[] => [{ type: 'text', text: value }]

/** A picture whose digest is `fill`, one hexadecimal digit, 64 times. */
export const picture = (fill: string, name = 'a.png'): Extract<Part, { type: 'image' }> => {
  const attachment: ImageAttachment = {
    sha: fill.repeat(64),
    kind: 'image',
    mime: 'image/png',
    name,
    bytes: 1,
    width: 2,
    height: 3,
  }
  return { type: 'image', attachment }
}

/** A message in words: its texts, and the names of its pictures in brackets. */
export const said = (message: Message): string =>
  message.parts
    .map((part) =>
      part.type === 'text'
        ? part.text
        : part.type === 'reasoning'
          ? `<${part.text}>`
          : `[${part.type === 'frames' ? part.name : part.attachment.name}]`,
    )
    .join('')
