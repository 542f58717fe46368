import type { Thinking } from '#contract'
import { createChosen } from './chosenIn.ts'

/** Whether models may think first; off where nothing is chosen. */
const thinkers = createChosen<'on'>()

/** Whether models may think first in a conversation, as it changes. */
export const useThinks = (conversationId: string | null): boolean => thinkers.useIn(conversationId) !== null

/** What a question of a conversation says of thinking; unset: not. */
export const thinkingIn = (conversationId: string | null): { thinking?: Thinking } =>
  thinkers.in(conversationId) ? { thinking: 'on' } : {}

/** Lets models think first from the next question on, or no more. */
export const setThinks = (conversationId: string | null, thinks: boolean): void =>
  void thinkers.set(conversationId, thinks ? 'on' : null)

/** Tells of every conversation in which that changes; null: the one that the next question starts. */
export const onThinks = thinkers.onChange

/** A new conversation has been started: what was chosen for it is its own from now on, and the next one begins without. */
export const keepThinking = thinkers.keep
