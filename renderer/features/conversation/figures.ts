import type { Message } from '#contract'
import { count, duration, speed } from '../../lib/format.ts'
import type { OpenConversation } from '../../lib/conversation/state.ts'

/** One line of an answer's details: a label, and its value for each of the answers that are shown. */
export interface Figure {
  readonly label: string
  readonly values: readonly string[]
}

type Reading = (answer: Message) => string | null

const whole =
  (read: (answer: Message) => number | undefined): Reading =>
  (answer) => {
    const value = read(answer)
    return value === undefined ? null : count(value)
  }
const time =
  (read: (answer: Message) => number | undefined): Reading =>
  (answer) => {
    const value = read(answer)
    return value === undefined ? null : duration(value)
  }
/** A figure that says nothing below `least`. */
const from = (least: number, read: (answer: Message) => number | undefined) => (answer: Message) => {
  const value = read(answer)
  return value !== undefined && value >= least ? value : undefined
}

/** In the order in which they happened. */
const readings: readonly (readonly [string, Reading])[] = [
  ['Model', ({ model }) => model],
  ['Loading the model', time(from(1, ({ timings }) => timings?.loadMs))],
  ['Reading pictures', time(from(1, ({ timings }) => timings?.encodeMs))],
  ['Reading the prompt', time(({ timings }) => timings?.prefillMs)],
  ['First word after', time(({ timings }) => timings?.ttftMs)],
  ['Speed', ({ timings }) => (timings && timings.tokensPerSecond > 0 ? speed(timings.tokensPerSecond) : null)],
  ['Prompt tokens', whole(({ usage }) => usage?.promptTokens)],
  ['– in pictures', whole(from(1, ({ usage }) => usage?.imageTokens))],
  ['– remembered', whole(from(1, ({ usage }) => usage?.cachedTokens))],
  ['Answer tokens', whole(({ usage }) => usage?.completionTokens)],
  ['Context', whole(({ usage }) => usage?.contextTokens)],
]

/**
 * The figures of one answer, or of several beside each other; a figure that only one of them has is a dash at the
 * others.
 */
export function figures(answers: readonly Message[]): Figure[] {
  return readings
    .map(([label, read]) => ({ label, values: answers.map(read) }))
    .filter(({ values }) => values.some((value) => value))
    .map(({ label, values }) => ({ label, values: values.map((value) => value ?? '–') }))
}

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
