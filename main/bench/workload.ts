import type { AnswerRequest, ChatMessage, ChatPart, Engine, ModelFiles } from '../headless.ts'
import { picture, prose } from '../lib/workload/index.ts'

const CONTEXT_TOKENS = 4096
const PROMPT_TOKENS = 256
const SMALL_MODEL_BYTES = 100e6
const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null }

/** What the model is asked. Everything asked is new to the caches: each call gives another text or picture. */
export interface Workload {
  readonly model: ModelFiles
  readonly contextTokens: number
  /** Tokens generated when generation is measured: more on a tiny model, whose tokens take fractions of a millisecond. */
  readonly generatedTokens: number
  request(messages: readonly ChatMessage[], maxTokens: number): AnswerRequest
  /** A text prompt of about 256 tokens, or of `share` of the context. */
  textPrompt(share?: number): readonly ChatMessage[]
  /** A picture that the model sees at its own size: `side` x `side` pixels, a multiple of 28. */
  newPicture(side: number): Promise<ChatPart>
}

/** @throws AppError as the engine does for a model that cannot be used. */
export async function createWorkload(engine: Engine, model: ModelFiles): Promise<Workload> {
  const { trainedContext, bytes } = await engine.inspect(model)
  const contextTokens = Math.min(CONTEXT_TOKENS, trainedContext)
  const request = (messages: readonly ChatMessage[], maxTokens: number): AnswerRequest => ({
    model,
    messages,
    maxTokens,
    contextTokens,
    sampling: GREEDY,
    budget: { minPixels: 784, maxPixels: 16384 * 784 },
    ignoreEos: true,
  })
  let asked = 0
  let pictures = 0
  // the differing text comes first, so that nothing but the template's first tokens is the same in two prompts
  const prompt = (length: number): readonly ChatMessage[] => [
    { role: 'system', content: [{ type: 'text', text: prose(asked++, length) }] },
    { role: 'user', content: [{ type: 'text', text: 'Go on.' }] },
  ]
  let length = PROMPT_TOKENS
  let perToken = 1
  for (let i = 0; i < 3; i++) {
    const { total } = await engine.prepare(request(prompt(length), 1))
    perToken = length / total
    length = Math.round(perToken * PROMPT_TOKENS)
  }
  return {
    model,
    contextTokens,
    generatedTokens: bytes < SMALL_MODEL_BYTES ? 256 : 48,
    request,
    textPrompt: (share) => prompt(share === undefined ? length : Math.floor(perToken * share * contextTokens)),
    newPicture: async (side) => ({
      type: 'image',
      source: { bytes: picture(pictures++, side), name: 'a picture of the benchmark' },
    }),
  }
}
