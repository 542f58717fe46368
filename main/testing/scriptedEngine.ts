import { AppError } from '#contract'
import type { Placement, Progress, Seen } from '#contract'
import type {
  AnswerEvent,
  AnswerOptions,
  AnswerRequest,
  AnswerResult,
  CountOptions,
  Engine,
  EngineState,
  FileFacts,
  MachineFacts,
  ModelFiles,
  ModelSummary,
  PlacementCost,
  TokenCount,
} from '../engine/index.ts'
import { Emitter, eventStream } from '../lib/events.ts'

/** One answer whose every step the test decides. */
export interface ScriptedAnswer {
  readonly request: AnswerRequest
  readonly options: AnswerOptions
  /** Settles when the caller aborts. */
  readonly aborted: Promise<void>
  progress(progress: Progress): void
  seen(seen: Seen): void
  reasoning(text: string): void
  reasoned(thought: { ms: number; tokens: number }): void
  text(text: string): void
  finish(result?: Partial<AnswerResult>): void
  /** Fails the answer; without an error as a crash of the engine's process does. */
  fail(error?: unknown): void
}

const scriptedResult: AnswerResult = {
  tokens: [1, 2, 3],
  promptIds: [4, 5],
  usage: { promptTokens: 2, imageTokens: 0, completionTokens: 3, cachedTokens: 0, contextTokens: 4096 },
  timings: { loadMs: 1, encodeMs: 2, prefillMs: 3, ttftMs: 4, tokensPerSecond: 5 },
  finishReason: 'stop',
}

/** What the scripted engine tells of any model. */
const scriptedSummary = (textPath: string): ModelSummary => ({
  name: 'Scripted',
  architecture: 'qwen2vl',
  family: 'qwen2vl',
  quantization: 'F16',
  projectorQuantization: 'F16',
  embeddingLength: 128,
  trainedContext: 32768,
  bytes: 1,
  names: [],
  chatTemplate: null,
  textPaths: [textPath],
})

/** An engine without a model: answers one question at a time, each step given by the test through `nextAnswer`. */
export class ScriptedEngine implements Engine {
  state: EngineState = { state: 'off', model: null, progress: null, backend: null, contextTokens: null, error: null }
  /** False: an aborted answer goes on until the test ends it, as an engine that hangs. */
  stopsOnAbort = true
  /** What `count` says, and `prepare` too unless it is given its own. */
  tokens: (request: AnswerRequest, signal?: AbortSignal) => Promise<Partial<TokenCount>> = async () => ({})
  prepare: Engine['prepare'] = (request) => this.count(request)
  /** Conversations that the engine was told to forget. */
  readonly forgotten: string[] = []
  /** Media that it was told to forget. */
  readonly forgottenMedia: string[] = []
  /** What `machine` says. */
  facts: MachineFacts = {
    cpu: 'Script',
    cores: 4,
    memoryBytes: 16e9,
    systemFreeBytes: 8e9,
    devices: [],
    cpuBytesPerSecond: 20e9,
  }
  /** What `plan` says. */
  cost: (model: ModelFiles, placement: Placement) => Promise<PlacementCost> = async () => {
    throw new Error('The script has no plans.')
  }
  /** What `setIdleUnload` was last told; undefined: nothing. */
  idleUnloadMs: number | null | undefined
  /** What `inspect` does. */
  check: (model: ModelFiles) => Promise<ModelSummary> = async ({ textPath }) => scriptedSummary(textPath)
  private readonly states = new Emitter<EngineState>()
  private begun: (answer: ScriptedAnswer) => void = () => {}
  private readonly answers = eventStream<ScriptedAnswer>(
    ({ push }) => {
      this.begun = push
      return () => {}
    },
    { capacity: Infinity },
  )
  private turn: Promise<void> = Promise.resolve()

  /** The next answer that begins: the script's handle on it. */
  async nextAnswer(): Promise<ScriptedAnswer> {
    return (await this.answers.next()).value as ScriptedAnswer
  }

  setState(state: Partial<EngineState>): void {
    this.state = { ...this.state, ...state }
    this.states.emit(this.state)
  }

  onState(listener: (state: EngineState) => void): () => void {
    return this.states.on(listener)
  }

  async load(model: ModelFiles, contextTokens: number): Promise<void> {
    this.setState({ state: 'ready', model, contextTokens, backend: 'Script' })
  }

  /** What `batch` does. */
  batch: Engine['batch'] = () => {
    throw new Error('The script has no batches.')
  }

  async unload(): Promise<void> {
    this.setState({ state: 'off', model: null, contextTokens: null })
  }

  async *answer(request: AnswerRequest, options: AnswerOptions = {}): AsyncGenerator<AnswerEvent> {
    const { signal } = options
    const before = this.turn
    let release = () => {}
    this.turn = new Promise((resolve) => (release = resolve))
    try {
      const aborted = new Promise<void>((resolve) => {
        if (signal?.aborted) resolve()
        else signal?.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([before, aborted])
      if (signal?.aborted) return yield { type: 'done', result: { ...scriptedResult, finishReason: 'aborted' } }

      yield* eventStream<AnswerEvent>(
        ({ push, end, fail }) => {
          const finish = (result: Partial<AnswerResult> = {}) => {
            push({ type: 'done', result: { ...scriptedResult, ...result } })
            end()
          }
          void aborted.then(() => this.stopsOnAbort && finish({ finishReason: 'aborted' }))
          this.begun({
            request,
            options,
            aborted,
            progress: (progress) => push({ type: 'progress', progress }),
            seen: (seen) => push({ type: 'seen', seen }),
            reasoning: (text) => push({ type: 'reasoning', text }),
            reasoned: (thought) => push({ type: 'reasoned', ...thought }),
            text: (text) => push({ type: 'text', text }),
            finish,
            fail: (
              error = new AppError(
                'EngineCrashed',
                'The model stopped unexpectedly. What was written is kept; try again.',
              ),
            ) => fail(error),
          })
          return () => {}
        },
        { capacity: Infinity },
      )
    } finally {
      void before.then(release)
    }
  }

  async count(request: AnswerRequest, { signal }: CountOptions = {}): Promise<TokenCount> {
    const counted = await this.tokens(request, signal)
    return { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 4096, ...counted }
  }

  async forget(conversationId: string): Promise<void> {
    this.forgotten.push(conversationId)
  }

  async forgetMedia(names: readonly string[]): Promise<void> {
    this.forgottenMedia.push(...names)
  }

  async machine(): Promise<MachineFacts> {
    return this.facts
  }

  plan(model: ModelFiles, placement: Placement): Promise<PlacementCost> {
    return this.cost(model, placement)
  }

  setIdleUnload(ms: number | null): void {
    this.idleUnloadMs = ms
  }

  inspect(model: ModelFiles): Promise<ModelSummary> {
    return this.check(model)
  }

  async checkFiles(): Promise<never> {
    throw new Error('The script knows no files.')
  }

  async inspectFile(path: string): Promise<FileFacts> {
    return {
      kind: 'other',
      name: path,
      family: null,
      familyFrom: null,
      converter: null,
      width: null,
      quantization: null,
      trainedContext: null,
      bytes: 0,
      paths: [path],
      oneFile: null,
      problem: 'The script knows no files.',
    }
  }

  planOneFile(): Promise<never> {
    return Promise.reject(new Error('The script takes no files apart.'))
  }

  async close(): Promise<void> {
    this.setState({ state: 'off', model: null })
  }
}
