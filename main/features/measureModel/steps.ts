import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, PIXELS_PER_TOKEN, pictureUnits } from '#contract'
import type { BenchmarkResult, BenchmarkRow, ModelFamily, Placement, PublishedSpeed, VisionSetting } from '#contract'
import { z } from 'zod'
import { contextOptions } from '../../engine/index.ts'
import type { AnswerRequest, AnswerResult, ChatMessage, Engine, ModelFiles } from '../../engine/index.ts'
import { picture, prose } from '../../lib/workload.ts'

/** The model as it is to be measured. `number`: another text and picture for every one, so that nothing comes from a cache. */
export interface Measured {
  readonly engine: Pick<Engine, 'answer' | 'count' | 'plan' | 'state'>
  readonly model: ModelFiles
  readonly trainedContext: number
  /** null: nothing tells it. */
  readonly family: ModelFamily | null
  readonly placement: Placement
  readonly vision: VisionSetting
  readonly published: PublishedModel | null
  readonly number: number
}

/** One row to be measured. */
export interface Step {
  /** What is measured, for people. */
  readonly what: string
  /** null: it was stopped. @throws AppError as the engine does. */
  run(measured: Measured, signal: AbortSignal): Promise<BenchmarkRow | null>
}

/** Input lengths of the authors' table, in tokens. */
export const PUBLISHED_INPUTS: readonly number[] = [1, 6144, 14_336, 30_720]
/** Sides of the pictures, in pixels. */
export const PICTURE_SIDES: readonly number[] = [448, 672, 1344]
/** Tokens generated for each: enough for a speed, and the authors' 2,048 would take minutes on a processor. */
const GENERATED = 64
/** What the chat template adds, in tokens, at most. */
const TEMPLATE = 64
const CONTEXT_STEP = 256
/** A shorter input is computed in one go with the template: no speed can be told from it. */
const LEAST_PREFILL = 256
const MAX_SIDE_PIXELS = 1344 * 1344
const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: null }
const CHARACTERS_PER_TOKEN = 5
const TRIES = 4

const count = (value: number) => value.toLocaleString('en')

/** Answers to inputs of so many tokens, then pictures of so many pixels a side. */
export function stepsFor(inputs: readonly number[], sides: readonly number[]): Step[] {
  return [...inputs.map(textStep), ...sides.map(pictureStep)]
}

function textStep(inputTokens: number, index: number): Step {
  const what = `an input of ${count(inputTokens)} ${inputTokens === 1 ? 'token' : 'tokens'}`
  return {
    what,
    async run(measured, signal) {
      const { engine, trainedContext, published, number } = measured
      const contextTokens = Math.ceil((inputTokens + TEMPLATE + GENERATED) / CONTEXT_STEP) * CONTEXT_STEP
      if (contextTokens > trainedContext)
        return { kind: 'skipped', what, reason: `The model was trained for ${count(trainedContext)} tokens.` }
      const problem = await outOfMemory(measured, contextTokens)
      if (problem) return { kind: 'skipped', what, reason: problem }
      const text = await textOf(measured, inputTokens, contextTokens, number + index)
      const result = await answer(
        engine,
        requestOf(measured, [user({ type: 'text', text })], contextTokens, GENERATED),
        signal,
      )
      if (!result) return null
      const { usage, timings } = result
      const computed = usage.promptTokens - usage.cachedTokens
      return {
        kind: 'text',
        inputTokens,
        promptTokens: usage.promptTokens,
        generatedTokens: usage.completionTokens,
        prefillTokensPerSecond:
          computed < LEAST_PREFILL || timings.prefillMs <= 0 ? null : (computed * 1000) / timings.prefillMs,
        tokensPerSecond: timings.tokensPerSecond,
        ...memoryOf(engine),
        published: published?.speeds(inputTokens) ?? [],
      }
    },
  }
}

function pictureStep(side: number): Step {
  const what = `a picture of ${count(side)} x ${count(side)} pixels`
  return {
    what,
    async run(measured, signal) {
      const { engine, trainedContext, family, number } = measured
      const contextTokens =
        Math.ceil(((side / pictureUnits(family).side) ** 2 + TEMPLATE) / CONTEXT_STEP) * CONTEXT_STEP
      if (contextTokens > trainedContext)
        return { kind: 'skipped', what, reason: `The model was trained for ${count(trainedContext)} tokens.` }
      const image = {
        type: 'image' as const,
        source: { bytes: picture(number, side), name: 'the picture of the measurement' },
      }
      const result = await answer(engine, requestOf(measured, [user(image)], contextTokens, 1), signal)
      return (
        result && {
          kind: 'picture',
          side,
          pictureTokens: result.usage.imageTokens,
          encodeMs: result.timings.encodeMs,
          ...memoryOf(engine),
        }
      )
    },
  }
}

const user = (...content: ChatMessage['content']): ChatMessage => ({ role: 'user', content })

function requestOf(
  { model, placement, vision }: Measured,
  messages: readonly ChatMessage[],
  contextTokens: number,
  maxTokens: number,
): AnswerRequest {
  return {
    model,
    messages,
    maxTokens,
    thinking: 'off',
    contextTokens,
    context: { ...contextOptions(placement), vision },
    sampling: GREEDY,
    ignoreEos: true,
    budget: { minPixels: PIXELS_PER_TOKEN, maxPixels: MAX_SIDE_PIXELS },
  }
}

/** Why a context of that size does not fit; null when it does. */
async function outOfMemory(
  { engine, model, placement, vision }: Measured,
  contextTokens: number,
): Promise<string | null> {
  const { fit } = await engine.plan(model, { ...placement, gpuLayers: null, contextTokens }, vision)
  return fit.level === 'no' ? fit.sentence : null
}

/** A text of so many tokens: of a few lengths the one that comes nearest and does not go beyond. */
async function textOf(measured: Measured, tokens: number, contextTokens: number, number: number): Promise<string> {
  const tokensOf = async (text: string) =>
    (await measured.engine.count(requestOf(measured, [user({ type: 'text', text })], contextTokens, 1)))
      .lastMessage[0] ?? 0
  if (tokens === 1) return 'a'
  let text = ''
  let length = tokens * CHARACTERS_PER_TOKEN
  // by proportion alone a text that is one token too long would be tried again as it is
  let aim = tokens
  for (let i = 0; i < TRIES; i++) {
    const candidate = prose(number, length)
    const found = await tokensOf(candidate)
    if (found > tokens) aim--
    else if (candidate.length > text.length) text = candidate
    length = Math.floor((length * aim) / found)
  }
  return text || prose(number, Math.floor(length * 0.9))
}

/** The result; null when it was stopped. */
async function answer(
  engine: Pick<Engine, 'answer'>,
  request: AnswerRequest,
  signal: AbortSignal,
): Promise<AnswerResult | null> {
  for await (const event of engine.answer(request, { signal }))
    if (event.type === 'done') return event.result.finishReason === 'aborted' ? null : event.result
  return null
}

function memoryOf({ state: { residentBytes, plan } }: Pick<Engine, 'state'>): {
  memoryBytes: number
  gpuBytes: number
} {
  return {
    memoryBytes: residentBytes ?? 0,
    gpuBytes: plan?.parts.slice(1).reduce((sum, { total }) => sum + total, 0) ?? 0,
  }
}

const Published = z.object({
  name: z.string(),
  url: z.url(),
  environment: z.string(),
  models: z.array(
    z.object({
      model: z.string(),
      family: z.string(),
      embeddingLength: z.int(),
      rows: z.array(
        z.object({
          inputTokens: z.int(),
          quantization: z.string(),
          gpus: z.int(),
          tokensPerSecond: z.number(),
          memoryGigabytes: z.number(),
        }),
      ),
    }),
  ),
})

/** What the authors published of one model. */
export interface PublishedModel {
  readonly source: NonNullable<BenchmarkResult['published']>
  /** For an input of so many tokens; empty where they measured none. */
  speeds(inputTokens: number): PublishedSpeed[]
}

/**
 * The published figures of the model of that family and width; null where there are none.
 * @throws AppError StorageFailed when the app's own file is missing or damaged.
 */
export function publishedFigures(
  resources: string,
  family: string | null,
  embeddingLength: number,
): PublishedModel | null {
  const { name, url, environment, models } = read(join(resources, 'catalogue', 'published-speed.json'))
  const found = models.find((one) => one.family === family && one.embeddingLength === embeddingLength)
  if (!found) return null
  return {
    source: { model: found.model, name, url, environment },
    speeds: (inputTokens) =>
      found.rows
        .filter((row) => row.inputTokens === inputTokens)
        .map(({ quantization, gpus, tokensPerSecond, memoryGigabytes }) => ({
          quantization,
          gpus,
          tokensPerSecond,
          memoryBytes: memoryGigabytes * 1e9,
        })),
  }
}

function read(path: string): z.infer<typeof Published> {
  try {
    return Published.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new AppError(
      'StorageFailed',
      'The published figures that belong to the app are missing or damaged. Install Sightline again.',
      { path },
      { cause },
    )
  }
}
