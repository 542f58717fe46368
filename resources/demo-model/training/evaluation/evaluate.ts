import type { Model } from '../../../../main/contract/index.ts'
import type { Engine, ModelFiles } from '../../../../main/headless.ts'
import { chinese } from '../generator/chinese.ts'
import type { Ability, Conversation } from '../generator/conversation.ts'
import { english } from '../generator/english.ts'
import { boxText } from '../generator/language.ts'
import type { Voice } from '../generator/language.ts'
import type { Scene } from '../generator/scene.ts'
import { boxIn } from '../generator/sceneQuestions.ts'
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

/** An answer that was right in this share, 0..1. */
export type Score = number

/** How right `answer` is for a conversation whose last message is the right answer. */
function judge({ ability, language, messages, media }: Conversation, answer: string): Score {
  const expected = String(messages.at(-1)!.content[0])
  const said = answer.trim()
  if (ability === 'unknown' || ability === 'odd') return saysItIsADemo(said) ? 1 : 0
  const voice = language === 'zh' ? chinese : english
  // a description may say more, such as the background
  if (ability === 'object') return said.toLowerCase().includes(voice.thing(media[0]!.frames[0]!.objects[0]!)) ? 1 : 0
  if (ability === 'json') return isJsonLike(said, expected) ? 1 : 0
  if (ability === 'box') return boxScore(said, exactBox(voice, expected, media[0]!.frames[0]!))
  return said === expected ? 1 : 0
}

export const saysItIsADemo = (answer: string): boolean => /demo model/i.test(answer) || answer.includes('演示模型')

/** Whether `answer` is JSON of the same kind as `expected`: the same keys, in each item of a list. */
export function isJsonLike(answer: string, expected: string): boolean {
  const keys = (value: unknown): string =>
    Array.isArray(value)
      ? `[${keys(value[0])}]`
      : typeof value === 'object' && value
        ? Object.keys(value).join()
        : typeof value
  try {
    return keys(JSON.parse(answer)) === keys(JSON.parse(expected))
  } catch {
    return false
  }
}

/** The right answer with the box of the drawing itself: answers are taught rounded. */
function exactBox(voice: Voice, expected: string, scene: Scene): string {
  const named = scene.objects.find((object) => expected.includes(`>${voice.theThing(object)}<`))
  if (!named) throw new Error(`Nothing in the drawing is what "${expected}" names`)
  return boxText(voice.theThing(named), boxIn(scene, named))
}

const BOX =
  /^<\|object_ref_start\|>(.+?)<\|object_ref_end\|><\|box_start\|>\((\d{1,3}),(\d{1,3})\),\((\d{1,3}),(\d{1,3})\)<\|box_end\|>$/

/** The overlap (intersection over union) of the box of `answer` with that of `expected`; 0 for another form or name. */
export function boxScore(answer: string, expected: string): Score {
  const [a, b] = [BOX.exec(answer), BOX.exec(expected)]
  if (!a || !b || a[1] !== b[1]) return 0
  const read = (match: RegExpExecArray) => match.slice(2).map(Number) as [number, number, number, number]
  return overlap(read(a), read(b))
}

function overlap(a: readonly [number, number, number, number], b: readonly [number, number, number, number]): number {
  const shared =
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) * Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]))
  const area = ([left, top, right, bottom]: typeof a) => Math.max(0, right - left) * Math.max(0, bottom - top)
  return shared === 0 ? 0 : shared / (area(a) + area(b) - shared)
}
