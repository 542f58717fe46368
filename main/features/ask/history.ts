import type { Message } from '#contract'
import type { Conversations } from '../../services/conversations/index.ts'

/** The conversation so far, and how many of its oldest messages its last answer left out. Throws NotFound. */
export function historyOf(
  conversations: Pick<Conversations, 'get' | 'path'>,
  conversationId: string | null,
): { path: Message[]; leftOut: number } {
  const leafId = conversationId === null ? null : conversations.get(conversationId).leafId
  const path = leafId === null ? [] : conversations.path(leafId)
  return { path, leftOut: leftOutOf(path) }
}

/** How many of the oldest messages the latest answer of a path left out. */
export function leftOutOf(path: readonly Message[]): number {
  return path.findLast(({ role }) => role === 'assistant')?.leftOut ?? 0
}
