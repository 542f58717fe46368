import { AppError, unlessAborted, say } from '#contract'
import type { Encoded, Progress, Seen, ThinkingForm, VisionHow } from '#contract'
import type { PromptJob } from '../protocol.ts'
import type { AnswerRequest, AnswerResult, ContextOptions, ModelFiles, TokenCount } from '../types.ts'
import { Aborted } from './aborted.ts'
import { Answering } from './answering.ts'
import type { Thought } from './answering.ts'
import { runBatch } from './batch.ts'
import type { BatchHost } from './batch.ts'
import type { StateReport } from './kvState/kvState.ts'
import { LanguageModel, Loras } from './language/languageModel.ts'
import type { Runtime } from './native/runtime.ts'
import type { Planner } from './planner.ts'
import { commonPrefix } from './prompt/positions.ts'
import type { Unit } from './prompt/positions.ts'
import { buildPrompt } from './prompt/prompt.ts'
import type { Prompt } from './prompt/prompt.ts'
import { ChatTemplate } from './prompt/template.ts'
import { SessionContext, openCaches } from './sessionContext.ts'
import type { ModelCaches } from './sessionContext.ts'
import { MediaEncoder } from './vision/mediaEncoder.ts'
import type { EncodeListeners } from './vision/mediaEncoder.ts'
import { openTower } from './vision/openTower.ts'
import type { Tower } from './vision/towerInterface.ts'

/** Gets what an answer shows while it is made. */
export interface AnswerListener {
  seen(seen: Seen): void
  progress(progress: Progress): void
  reasoning(text: string): void
  reasoned(thought: Thought): void
  text(text: string): void
}

/** Without a projector nothing of a family is used; any will do. */
const TEXT_ONLY_FAMILY = 'qwen2vl'

/** Where the vectors of each temporal slice of media came from, by their names in the prompt. */
type EncodedMedia = ReadonlyMap<string, readonly Encoded[]>

/** What the model gets to see by a prompt; with what is known of how it was encoded, in whole ms. */
function seenOf({ family }: MediaEncoder, { seen }: Prompt, encoded?: EncodedMedia): Seen {
  const whole = ({ from, ms }: Encoded): Encoded => ({ from, ms: ms === null ? null : Math.round(ms) })
  return {
    family,
    media: seen.map(({ keys, ...medium }) => ({
      ...medium,
      ...(encoded && { encoded: keys.flatMap((key) => encoded.get(key)!.map(whole)) }),
    })),
  }
}

/** One loaded model with its projector, its context and the caches that belong to them, until it is disposed of. */
export class Session implements AsyncDisposable {
  readonly files: ModelFiles
  /** How it looks at pictures; null: it has no projector. */
  readonly vision: VisionHow | null
  private readonly runtime: Runtime
  private readonly model: LanguageModel
  private readonly template: ChatTemplate
  private readonly encoder: MediaEncoder | null
  private readonly caches: ModelCaches
  private readonly loras: Loras
  private readonly context: SessionContext
  /** The units being computed by `prepare`: what a later request may still want. */
  private computing: readonly Unit[] | null = null
  private stopSoon = false
  /** What it frees when it is disposed of, the last first. */
  private owned = new AsyncDisposableStack()

  private constructor(
    runtime: Runtime,
    planner: Planner,
    model: LanguageModel,
    tower: Tower | null,
    caches: ModelCaches,
  ) {
    this.runtime = runtime
    this.files = planner.files
    this.model = model
    this.template = ChatTemplate.read(model.facts.chatTemplate, model.facts.architecture === 'qwen2vl')
    planner.templateProblem = this.template.problem
    this.encoder = tower && new MediaEncoder(tower, caches.embeddings)
    this.vision = tower && {
      how: tower.how,
      setting: planner.seesOnCpu ? planner.vision : null,
    }
    this.caches = caches
    this.loras = new Loras(runtime, model)
    this.context = new SessionContext(runtime, planner, model, this.loras, caches.state)
  }

  /** Loads both files to where the plan says. `cachePath` null: nothing goes to disk. @throws AppError; the signal's reason. */
  static async load(
    runtime: Runtime,
    planner: Planner,
    cachePath: string | null,
    onProgress: (share: number) => void,
    signal: AbortSignal,
  ): Promise<Session> {
    const { files, model: summary, plan, vision } = planner
    runtime.fitThreads(summary.bytes)
    const projectorShare = summary.projector
      ? summary.projector.bytes / (summary.text.bytes + summary.projector.bytes)
      : 0
    await using owned = new AsyncDisposableStack()
    const model = owned.use(
      await LanguageModel.load(
        runtime,
        files.textPath,
        summary.text,
        (share) => onProgress(share * (1 - projectorShare)),
        signal,
        plan.gpuLayers,
      ),
    )
    const tower =
      summary.projector && files.projectorPath
        ? owned.use(
            await openTower(
              runtime,
              files.projectorPath,
              summary.projector,
              { setting: vision, gpu: plan.visionDevice ? runtime.gpu : null, folder: cachePath },
              (share) => onProgress(1 - projectorShare + share * projectorShare),
              signal,
            ),
          )
        : null
    const caches = await openCaches(
      cachePath,
      { textPaths: summary.textPaths, projectorPath: files.projectorPath, vision },
      runtime.release,
      1 + (tower?.facts.deepBlocks.length ?? 0),
    )
    const session = new Session(runtime, planner, model, tower, caches)
    session.owned = owned.move()
    session.owned.defer(() => caches.state.written())
    session.owned.defer(() => session.context.drop())
    return session
  }

  /** Listens to what the encoder tells. */
  onEncoder(listeners: Pick<MediaEncoder, 'onEncoding' | 'onEncoded'>): void {
    if (this.encoder) Object.assign(this.encoder, listeners)
  }

  /** Has `report` told what becomes of the states of conversations. */
  reportStates(report: StateReport): void {
    this.caches.state.report = report
  }

  /** What the model's template does about thoughts. */
  get thinking(): ThinkingForm {
    return this.template.thinking
  }

  /** Context size in tokens of the present context; null before the first. */
  get contextTokens(): number | null {
    return this.context.current?.size ?? null
  }

  /**
   * Makes the context before it is needed: of the wished size (null: the usual) or as the plan allows.
   * @throws AppError OutOfMemory; the signal's reason.
   */
  async reserve(contextTokens: number | null, options: ContextOptions, signal: AbortSignal): Promise<void> {
    await this.context.reserve({ contextTokens, options }, signal)
  }

  /**
   * The exact tokens of a request. Computes nothing else, so it may run beside another request.
   * @throws AppError; the signal's reason.
   */
  async count(request: AnswerRequest, signal: AbortSignal): Promise<TokenCount> {
    const prompt = await this.prompt(request, signal)
    return this.counted(request, prompt)
  }

  /**
   * Encodes the pictures of a message that is still being written and computes everything before its question.
   * @throws AppError; the signal's reason, also after `finishSoon`.
   */
  async prepare(
    { request, conversation }: PromptJob,
    listener: AnswerListener,
    signal: AbortSignal,
  ): Promise<TokenCount> {
    this.stopSoon = false
    const prompt = await this.prompt(request, signal)
    await this.encodeAll(prompt, listener, signal, () => {
      if (this.stopSoon) throw new Aborted()
    })
    const context = await this.context.for(request, prompt, signal)
    await this.caches.state.enter(conversation, prompt.units, context, signal)
    const before = prompt.units.slice(0, prompt.settled)
    try {
      this.computing = before
      // what is there beyond it is for the answer to keep
      const isThere = context.common(before) === before.length
      for (let at = isThere ? before.length : context.rewind(before); at < before.length; at = context.length) {
        // a run of tokens or one medium at a time, so that a question that comes meanwhile waits for no more than that
        const unit = before[at]!
        const end = 'media' in unit ? at + 1 : before.findIndex((next, i) => i > at && 'media' in next)
        await context.append(
          before.slice(at, end < 0 ? undefined : end),
          (media) => this.embed(prompt, media, signal),
          () => {},
          signal,
        )
        if (this.stopSoon) throw new Aborted()
      }
    } finally {
      this.computing = null
    }
    return this.counted(request, prompt)
  }

  /** Answers the request; an abort ends it with what was generated so far. @throws AppError. */
  async answer(
    { request, conversation }: PromptJob,
    listener: AnswerListener,
    signal: AbortSignal,
    loadMs: number,
  ): Promise<AnswerResult> {
    const started = performance.now()
    const prompt = await this.prompt(request)
    if (this.encoder) listener.seen(seenOf(this.encoder, prompt))
    const context = await this.context.for(request, prompt, signal)
    const embed = (media: string) => this.embed(prompt, media, signal)
    using answering = new Answering({
      runtime: this.runtime,
      tokenizer: this.model.tokenizer,
      request,
      prompt,
      contextTokens: context.size,
      started,
      listener,
    })
    let encodeMs = 0
    try {
      const encodeStarted = performance.now()
      const encoded = await this.encodeAll(prompt, listener, signal)
      encodeMs = performance.now() - encodeStarted
      if (this.encoder && encoded.size > 0) listener.seen(seenOf(this.encoder, prompt, encoded))
      await this.caches.state.enter(conversation, prompt.units, context, signal)
      await answering.prefill(
        context,
        embed,
        (done) => listener.progress({ phase: 'prefill', done, total: prompt.tokens }),
        signal,
      )
      for (;;) {
        signal.throwIfAborted()
        const tokens = await answering.draw(context.handle)
        if (tokens === null) return answering.finish({ loadMs, encodeMs })
        const computed = context.appendTokens(tokens, true, signal)
        // told while native code computes already
        answering.tell()
        await computed
      }
    } catch (error) {
      if (error instanceof Aborted) return answering.finish({ aborted: true, loadMs, encodeMs })
      throw error
    }
  }

  /** Answers many requests together, beside the conversation's context. @throws AppError; the signal's reason. */
  async batch(
    requests: readonly AnswerRequest[],
    parallel: number,
    ends: Pick<BatchHost, 'giveWay' | 'onReasoning' | 'onText' | 'onEnd'>,
    signal: AbortSignal,
  ): Promise<void> {
    const host: BatchHost = {
      runtime: this.runtime,
      model: this.model,
      prompt: (request) => this.prompt(request),
      embed: (prompt, media, stop) => this.embed(prompt, media, stop),
      adapt: async (context, adapters) => this.loras.apply(context, await this.loras.load(adapters)),
      ...ends,
    }
    await runBatch(host, requests, parallel, signal)
  }

  /** Whether what is being prepared right now is part of `request` too. */
  async helps(request: AnswerRequest): Promise<boolean> {
    if (!this.encoder?.current && !this.computing) return false
    const prompt = await this.prompt(request)
    if (this.encoder?.current) return prompt.media.has(this.encoder.current)
    const { current } = this.context
    return this.computing !== null && current !== null && commonPrefix(prompt.units, this.computing) > current.length
  }

  /** Ends a running `prepare` after the picture or the run of tokens at hand. */
  finishSoon(): void {
    this.stopSoon = true
  }

  get finishesSoon(): boolean {
    return this.stopSoon
  }

  /** Resolves when native code is done with what an aborted request left it with. Nothing else may begin before. */
  async rest(): Promise<void> {
    await this.encoder?.rest()
  }

  /** Saves what is new in the KV state of the present conversation, so that it outlives this process, until `signal` aborts. */
  async saveState(signal: AbortSignal): Promise<void> {
    await this.context.save(signal)
  }

  /** Saves the KV state of the present conversation until all of it is on disk. @throws the signal's reason. */
  async storeState(signal: AbortSignal): Promise<void> {
    await this.context.save(signal)
    signal.throwIfAborted()
    await unlessAborted(this.caches.state.written(), signal)
  }

  /** What the context holds will not be saved. */
  discardState(): void {
    this.context.discardState()
  }

  /** The conversation was removed. Resolves when nothing more is written of it. */
  async forget(conversation: string): Promise<void> {
    await this.caches.state.forget(conversation)
  }

  /** Saves the KV state and frees all memory; what fails does not keep the rest from being freed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.owned.disposeAsync()
  }

  private async prompt(request: AnswerRequest, signal?: AbortSignal): Promise<Prompt> {
    const hasMedia = request.messages.some((message) => message.content.some((part) => part.type !== 'text'))
    if (hasMedia && !this.encoder)
      throw new AppError(
        'ProjectorMissing',
        say`This model was loaded without a projector and cannot see pictures. Add its projector file (mmproj), or ask without pictures.`,
      )
    return buildPrompt(request, this.model.tokenizer, {
      template: this.template,
      family: this.encoder?.family ?? TEXT_ONLY_FAMILY,
      signal,
    })
  }

  private counted(request: AnswerRequest, prompt: Prompt): TokenCount {
    const { lastMessage, tokens: total, pictureTokens: pictures, videoTokens: video } = prompt
    return {
      lastMessage,
      total,
      text: total - pictures - video,
      pictures,
      video,
      context: this.context.sizeFor(request, prompt),
    }
  }

  /**
   * Encodes what a prompt shows; progress counts pictures and pairs of frames. `between` may throw to end it. Returns where the
   * vectors of each medium came from.
   */
  private async encodeAll(
    prompt: Prompt,
    listener: AnswerListener,
    signal: AbortSignal,
    between: () => void = () => {},
  ): Promise<EncodedMedia> {
    const total = [...prompt.media.values()].reduce((sum, { grid }) => sum + grid.times, 0)
    const phase = prompt.videoTokens > 0 ? 'watching' : 'encoding'
    const encoded = new Map<string, Encoded[]>()
    let before = 0
    for (const [key, { grid }] of prompt.media) {
      const slices: Encoded[] = []
      encoded.set(key, slices)
      listener.progress({ phase, done: before, total })
      await this.embed(prompt, key, signal, {
        onSlice: (done) => {
          between()
          listener.progress({ phase, done: before + done, total })
        },
        onShare: (done, share) => listener.progress({ phase, done: before + done, total, share }),
        onEncoded: (slice) => slices.push(slice),
      })
      before += grid.times
      between()
    }
    return encoded
  }

  private embed(prompt: Prompt, key: string, signal: AbortSignal, listeners?: EncodeListeners): Promise<Float32Array> {
    return this.encoder!.encode(prompt.media.get(key)!, signal, listeners)
  }
}
