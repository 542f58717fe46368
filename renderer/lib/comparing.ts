import { createChosen } from './chosenIn.ts'

/** A model whose answers come beside those of the current one. */
export interface Compared {
  readonly id: string
  readonly name: string
}

const comparing = createChosen<Compared>()

/** With what a conversation compares, as it changes; null: with nothing. */
export const useCompared = comparing.useIn

/** With what a conversation compares right now. */
export const comparedIn = comparing.in

/** Tells of every conversation that begins or ends to compare; null: the one that the next question starts. */
export const onCompared = comparing.onChange

/**
 * Compares with another model from the next question on; null: no more. Returns whether any conversation still
 * compares.
 */
export const compareIn = comparing.set

/** A new conversation has been started: what it compares with is its own from now on. */
export const keepComparing = comparing.keep
