import { join, resolve } from 'node:path'
import type { Sampling } from '#contract'
import type {
  AnswerEvent,
  AnswerOptions,
  AnswerRequest,
  AnswerResult,
  ChatMessage,
  ChatPart,
  Engine,
  ModelFiles,
} from '../engine/index.ts'

const resources = resolve(import.meta.dirname, '../../resources')

/** The trained model of the app: names colours and shapes. */
export const demoModel: ModelFiles = {
  textPath: join(resources, 'demo-model', 'demo-text-f16.gguf'),
  projectorPath: join(resources, 'demo-model', 'demo-mmproj-f16.gguf'),
}

/** A sample picture of the app as a part, e.g. `red-circle`. */
export const sample = (name: string): ChatPart => ({ type: 'image', source: { path: samplePath(name) } })
export const samplePath = (name: string): string => join(resources, 'samples', `${name}.png`)

export const greedy: Sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null }

/** A message; strings are its text. */
export const message = (role: ChatMessage['role'], ...content: (ChatPart | string)[]): ChatMessage => ({
  role,
  content: content.map((part) => (typeof part === 'string' ? { type: 'text', text: part } : part)),
})
export const user = (...content: (ChatPart | string)[]): ChatMessage => message('user', ...content)

/** A request to the demo model with its own budget, greedy. */
export const requestOf = (messages: readonly ChatMessage[], overrides: Partial<AnswerRequest> = {}): AnswerRequest => ({
  model: demoModel,
  messages,
  budget: { minPixels: 4 * 784, maxPixels: 16 * 784 },
  contextTokens: 4096,
  maxTokens: 64,
  sampling: greedy,
  ...overrides,
})

/** An answer at its end: the text in the pieces in which it came, and the result. */
export interface Answered {
  readonly text: string
  readonly pieces: readonly string[]
  readonly result: AnswerResult
}

/** Asks and waits for the end; `onEvent` sees each event as it comes. */
export async function answered(
  engine: Engine,
  request: AnswerRequest,
  options: AnswerOptions = {},
  onEvent: (event: AnswerEvent) => void = () => {},
): Promise<Answered> {
  const pieces: string[] = []
  for await (const event of engine.answer(request, options)) {
    onEvent(event)
    if (event.type === 'text') pieces.push(event.text)
    if (event.type === 'done') return { text: pieces.join(''), pieces, result: event.result }
  }
  throw new Error('The answer ended without a result')
}
