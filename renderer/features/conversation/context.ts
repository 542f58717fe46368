import type { OpenConversation } from './state.ts'

/** Tokens that the shown conversation takes of the model's context, after its last counted answer. */
export interface ContextUse {
  readonly used: number
  readonly total: number
}

/** The latest use of the context; null before the first counted answer. */
export function contextUse(state: OpenConversation): ContextUse | null {
  for (const id of state.order.toReversed()) {
    const usage = state.messages[id]?.usage
    if (usage) return { used: usage.promptTokens + usage.completionTokens, total: usage.contextTokens }
  }
  return null
}
