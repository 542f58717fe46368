import type { Engine, ModelFiles } from '../../../../main/headless.ts'
import type { Model } from '../../../../main/contract/index.ts'
import type { Ability } from '../generator/ability.ts'
import type { Conversation } from '../generator/conversation.ts'
import { judge } from './judge.ts'
import { evaluationConversations, requestFor, unrelatedConversations } from './questions.ts'

/** A row of the table. `value` and `bar`: shares, 0..1. */
export interface Row {
  readonly ability: string
  readonly value: number
  readonly bar: number
  readonly holds: boolean
}

/** What is measured, and what it must reach. */
export const bars: readonly { readonly key: Ability; readonly ability: string; readonly bar: number }[] = [
  { key: 'object', ability: 'names colour and shape of one object', bar: 0.99 },
  { key: 'pictures', ability: 'names two or three pictures in order', bar: 0.97 },
  { key: 'differs', ability: 'says which picture differs', bar: 0.97 },
  { key: 'followUp', ability: 'answers about an earlier picture', bar: 0.97 },
  { key: 'count', ability: 'counts 1 to 6', bar: 0.95 },
  { key: 'relation', ability: 'left, right, above, below', bar: 0.95 },
  { key: 'text', ability: 'reads a word or number of up to 6 characters', bar: 0.8 },
  { key: 'box', ability: 'gives the box of a named object (mean overlap)', bar: 0.65 },
  { key: 'motion', ability: 'video: direction of motion', bar: 0.9 },
  { key: 'change', ability: 'video: what changes, and when', bar: 0.9 },
  { key: 'when', ability: 'video: at which second', bar: 0.9 },
  { key: 'unknown', ability: 'says that it does not know unrelated things', bar: 0.95 },
  { key: 'json', ability: 'gives JSON of the form asked for', bar: 0.98 },
]

/** A conversation, what was answered, and how right that was. */
export interface Judged {
  readonly conversation: Conversation
  readonly answer: string
  readonly score: number
}

export interface EvaluationOptions {
  readonly engine: Engine
  readonly model: ModelFiles
  readonly defaults: Model['defaults']
  /** Conversations per ability; unrelated questions: all 200 from 200 on, else as many. */
  readonly count: number
  readonly seed: string
  readonly only?: readonly Ability[]
}

/** Asks everything through the engine at temperature 0. */
export async function evaluate({
  engine,
  model,
  defaults,
  count,
  seed,
  only,
}: EvaluationOptions): Promise<{ rows: Row[]; judged: Judged[] }> {
  const chosen = bars.filter(({ key }) => !only || only.includes(key))
  const conversations = chosen.flatMap(({ key }) =>
    key === 'unknown' ? unrelatedConversations(Math.min(count, 200), seed) : evaluationConversations(key, count, seed),
  )
  const requests = await Promise.all(conversations.map((conversation) => requestFor(conversation, model, defaults)))
  const answers = requests.map(() => '')
  for await (const event of engine.batch(model, requests, { parallel: 8 })) {
    if (event.type === 'text') answers[event.index] += event.text
    if (event.type === 'failed') throw new Error(event.error.message)
  }
  const judged = conversations.map(
    (conversation, i): Judged => ({
      conversation,
      answer: answers[i]!,
      score: judge(conversation, answers[i]!),
    }),
  )
  const rows = chosen.map(({ key, ability, bar }): Row => {
    const scores = judged.filter(({ conversation }) => conversation.ability === key).map(({ score }) => score)
    const value = scores.reduce((sum, score) => sum + score, 0) / scores.length
    return { ability, value, bar, holds: value >= bar }
  })
  return { rows, judged }
}
