import type { ErrorInfo, Message, Progress, Remedy, Usage } from '#contract'
import type { OpenConversation } from '../../lib/conversation/state.ts'
import { reasoningOf, textOf } from '../../lib/conversation/state.ts'
import { count, duration, percent, speed } from '../../lib/format.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'

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
  ['– in its thought', whole(from(1, ({ usage }) => usage?.reasoningTokens))],
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
    const message = state.messages[id]
    // pages that were read one by one had a context each: what they took together says nothing of the next question's
    if (!message?.usage || documentParser(message)) continue
    const { usage } = message
    // the next prompt is without the thought
    const answer = usage.completionTokens - (usage.reasoningTokens ?? 0)
    return { used: usage.promptTokens + answer, total: usage.contextTokens }
  }
  return null
}

/** The engine's progress before the first token, as text for the user. */
export function progressText(progress: Progress | undefined): string {
  if (!progress) return 'Starting'
  const { phase, done, total, share: ofPicture } = progress
  const share = total > 0 ? Math.min(1, (done + (ofPicture ?? 0)) / total) : 0
  switch (phase) {
    case 'waiting':
      return 'Waiting for another answer'
    case 'loading':
      return total > 0 ? `Loading the model ${percent(share)}` : 'Loading the model'
    case 'encoding':
      return [
        total > 1
          ? `Looking at picture ${count(Math.min(total, done + 1))} of ${count(total)}`
          : 'Looking at the picture',
        ...(ofPicture === undefined ? [] : [percent(ofPicture)]),
      ].join(' · ')
    case 'watching':
      return `Watching the video ${percent(share)}`
    case 'reading':
      return total > 1 ? `Reading page ${count(Math.min(total, done + 1))} of ${count(total)}` : 'Reading the page'
    case 'prefill':
      return total > 0 ? `Reading the prompt ${percent(share)}` : 'Reading the prompt'
  }
}

/**
 * Whether a text can be gone on with from where it was cut: it is the last answer, alone, and of a model's own words. Where the
 * context is full there is no room to go on in.
 */
export function canGoOn({ order, others, messages }: OpenConversation, message: Message): boolean {
  const { id, parentId, status, error, usage } = message
  const isPages = parentId !== null && messages[parentId]?.job?.pages !== undefined
  if (order.at(-1) !== id || others[id] !== undefined || isPages || message.role !== 'assistant') return false
  if (textOf(message) === '' && !reasoningOf(message)) return false
  if (status === 'complete') return usage?.cutOff === 'length'
  return status !== 'streaming' && error?.code !== 'ContextFull'
}

/** Says where an answer was cut off, and what lets the next one be longer. */
export function cutOffText({ cutOff, completionTokens, reasoningTokens = 0, contextTokens }: Usage): string {
  const length = completionTokens - reasoningTokens
  return cutOff === 'context'
    ? `Cut off: the context of ${count(contextTokens)} tokens is full. Raise it for this model, or start a new conversation.`
    : `Cut off at the longest answer of ${count(length)} ${length === 1 ? 'token' : 'tokens'}. Raise “Longest answer” in Settings, or for this model where it has its own.`
}

/** The words of each way out of a full context. */
export const remedyLabels: Record<Remedy, string> = {
  context: 'Raise the context',
  turns: 'Leave out the oldest messages',
  detail: 'Lower the pictures’ detail',
}

/**
 * What can be done about a full context, the advised one first; nothing for another error. `isAlone`: no
 * messages go before the question.
 */
export function remediesFor({ code, detail }: ErrorInfo, isAlone: boolean): Remedy[] {
  if (code !== 'ContextFull') return []
  const number = (name: string) => (typeof detail?.[name] === 'number' ? detail[name] : 0)
  const possible: Record<Remedy, boolean> = {
    context: number('needed') < number('limit'),
    turns: !isAlone,
    detail: number('pictures') + number('video') > 0,
  }
  const advised = (remedy: Remedy) => (detail?.['remedy'] === remedy ? 0 : 1)
  return (Object.keys(possible) as Remedy[])
    .filter((remedy) => possible[remedy])
    .sort((a, b) => advised(a) - advised(b))
}
