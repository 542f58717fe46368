import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { AppError } from '#contract'
import { createHeadless } from '../headless.ts'
import type {
  AnswerEvent,
  AnswerRequest,
  AnswerResult,
  ChatMessage,
  ChatPart,
  Engine,
  ModelFiles,
} from '../headless.ts'
import { logTo } from '../lib/log/log.ts'
import { picture, prose } from '../lib/workload.ts'
import type { SpawnWorker } from '../ports.ts'

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
export async function createWorkload(engine: Engine, model: ModelFiles, thinking: 'on' | 'off'): Promise<Workload> {
  const { trainedContext, bytes } = await engine.inspect(model)
  const contextTokens = Math.min(CONTEXT_TOKENS, trainedContext)
  const request = (messages: readonly ChatMessage[], maxTokens: number): AnswerRequest => ({
    model,
    messages,
    maxTokens,
    contextTokens,
    sampling: GREEDY,
    budget: { minPixels: 784, maxPixels: 16384 * 784 },
    thinking,
    ignoreEos: true,
  })
  let texts = 0
  let pictures = 0
  // the differing text comes first, so that nothing but the template's first tokens is the same in two prompts
  const prompt = (length: number): readonly ChatMessage[] => [
    { role: 'system', content: [{ type: 'text', text: prose(texts++, length) }] },
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

/** An engine as the measurements use it: its own process, and a cache folder of its own that starts empty. */
export interface BenchEngine {
  readonly engine: Engine
  /** Id of the engine's process. @throws AppError EngineFailed before it was started. */
  pid(): number
  /** The whole answer. `onEvent` sees each event as it comes. */
  answer(
    request: AnswerRequest,
    options?: { signal?: AbortSignal; conversationId?: string; onEvent?: (event: AnswerEvent) => void },
  ): Promise<{ text: string; result: AnswerResult }>
  close(): Promise<void>
  /** What the log says of saved states of conversations, and of why there are none, a line each. */
  readonly states: readonly string[]
}

/** `cache`: a folder to keep; without it a new one, which is removed with the engine. */
export type EngineStarter = (cache?: string) => Promise<BenchEngine>

/** Makes engines whose processes come from `spawn` and whose demo model and samples lie in `resources`. */
export function engineStarter(ports: { spawnWorker: SpawnWorker; paths: { resources: string } }): EngineStarter {
  return async (kept) => {
    const cache = kept ?? (await mkdtemp(path.join(tmpdir(), 'sightline-bench-')))
    let pid: number | undefined
    const spawnWorker: SpawnWorker = (name) => {
      const worker = ports.spawnWorker(name)
      if (name === 'engine') pid = worker.pid
      return worker
    }
    const states: string[] = []
    const { engine } = createHeadless(
      { spawnWorker, paths: { resources: ports.paths.resources, cache } },
      logTo('core', ({ event, fields = {} }) => {
        if (!event.startsWith('state.')) return
        states.push([event, ...Object.entries(fields).map(([name, value]) => `${name}: ${String(value)}`)].join(', '))
      }),
    )
    return {
      engine,
      states,
      pid: () => {
        if (pid === undefined)
          throw new AppError('EngineFailed', "The model's process was not started, so it cannot be measured.")
        return pid
      },
      answer: async (request, { onEvent, ...options } = {}) => {
        let text = ''
        for await (const event of engine.answer(request, options)) {
          onEvent?.(event)
          if (event.type === 'text') text += event.text
          if (event.type === 'done') return { text, result: event.result }
        }
        throw new AppError('EngineFailed', 'The model ended an answer without its figures. Run the benchmark again.')
      },
      close: async () => {
        await engine.close()
        if (kept === undefined) await rm(cache, { recursive: true, force: true })
      },
    }
  }
}

export type Unit = 'ms' | 'tokens/s' | 'bytes' | 'ratio'

/** One figure as measured: a value for each run. `name` is its name in the JSON, `label` its line in the table. */
export interface Series {
  readonly name: string
  readonly label: string
  readonly unit: Unit
  readonly values: readonly number[]
}

/**
 * `ratios` are without unit; their bars are part of the project's goals, `figures` only inform. `notes`: what is to be said
 * of runs that did not go as they should.
 */
export interface Measured {
  readonly figures: readonly Series[]
  readonly ratios: readonly Series[]
  readonly notes?: readonly string[]
}

export interface Bench {
  readonly workload: Workload
  /** How often each thing is measured, after a warm-up where that matters. */
  readonly runs: number
  /** Threads that the engine computes with. */
  readonly threads: number
  /** An engine with the model loaded, shared by the measurements, which run one after the other. */
  readonly engine: BenchEngine
  readonly startEngine: EngineStarter
}

/** One thing that is measured. To add one: a function in `measurements/` and its line in `measurements/index.ts`. */
export interface Measurement {
  readonly name: string
  readonly needsPictures: boolean
  run(bench: Bench): Promise<Measured>
}
