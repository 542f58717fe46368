import { AppError } from '#contract'
import type { Progress } from '#contract'
import { inspectModel } from '../gguf/index.ts'
import type { AnswerRequest, AnswerResult, ModelFiles, TokenCount } from '../types.ts'
import { Aborted } from './aborted.ts'
import { LanguageContext } from './language/context.ts'
import { LanguageModel } from './language/languageModel.ts'
import { Sampler } from './language/sampler.ts'
import type { Runtime } from './native/runtime.ts'
import { buildPrompt } from './prompt/prompt.ts'
import type { Prompt } from './prompt/prompt.ts'
import { writesDefaultSystem } from './prompt/template.ts'
import { EmbeddingCache } from './vision/embeddingCache.ts'
import { Projector } from './vision/projector.ts'
import { VisionTower } from './vision/tower.ts'

export interface Listener {
  progress(progress: Progress): void
  text(text: string): void
}

const AUTO_CONTEXT = 8192

/** One loaded model with its projector, its context and the caches that belong to them. */
export class Session {
  readonly files: ModelFiles
  private readonly runtime: Runtime
  private readonly model: LanguageModel
  private readonly tower: VisionTower | null
  private readonly embeddings = new EmbeddingCache()
  private context: LanguageContext | null = null

  private constructor(runtime: Runtime, files: ModelFiles, model: LanguageModel, tower: VisionTower | null) {
    this.runtime = runtime
    this.files = files
    this.model = model
    this.tower = tower
  }

  /** Checks both headers, then loads both files. @throws AppError as the loaders do; the signal's reason. */
  static async load(runtime: Runtime, files: ModelFiles, onProgress: (share: number) => void, signal: AbortSignal): Promise<Session> {
    const summary = await inspectModel(files)
    const projectorShare = summary.projector ? summary.projector.bytes / summary.bytes : 0
    const model = await LanguageModel.load(runtime, files.textPath, summary.text, (share) => onProgress(share * (1 - projectorShare)), signal)
    try {
      const projector =
        summary.projector && files.projectorPath
          ? await Projector.load(runtime, files.projectorPath, summary.projector, (share) => onProgress(1 - projectorShare + share * projectorShare), signal)
          : null
      return new Session(runtime, files, model, projector && new VisionTower(runtime, projector))
    } catch (error) {
      await model.free()
      throw error
    }
  }

  /** Context size in tokens of the present context; null before the first. */
  get contextTokens(): number | null {
    return this.context?.size ?? null
  }

  /** Makes the context before it is needed. null: sized by the first question. */
  async reserve(contextTokens: number | null): Promise<number> {
    const size = Math.min(contextTokens ?? AUTO_CONTEXT, this.model.facts.trainedContext)
    if (this.context?.size !== padded(size)) {
      await this.context?.free()
      this.context = null
      this.context = await LanguageContext.create(this.runtime, this.model, size)
    }
    return this.context.size
  }

  /** Counts, encodes and prefills everything before the answer. @throws AppError; the signal's reason. */
  async prepare(request: AnswerRequest, listener: Listener, signal: AbortSignal): Promise<TokenCount> {
    const prompt = await this.prompt(request)
    for (const media of prompt.media.keys()) await this.embed(prompt, media, signal)
    listener.progress({ phase: 'encoding', done: prompt.media.size, total: prompt.media.size })
    return { lastMessage: prompt.lastMessage, total: prompt.tokens }
  }

  /**
   * Answers the request; text goes to `listener` as it is generated.
   * An abort ends it with what was generated so far. @throws AppError.
   */
  async answer(request: AnswerRequest, listener: Listener, signal: AbortSignal, loadMs: number): Promise<AnswerResult> {
    const started = performance.now()
    const generated: number[] = []
    let encodeMs = 0
    let prefillMs = 0
    let firstTokenAt = 0
    let cachedTokens = 0
    let finishReason: AnswerResult['finishReason'] = 'stop'
    let prompt: Prompt | null = null
    let sampler: Sampler | null = null
    const text = new TextDecoder()
    try {
      prompt = await this.prompt(request)
      const context = await this.contextFor(request, prompt)
      let encoded = 0
      for (const key of prompt.media.keys()) {
        listener.progress({ phase: 'encoding', done: encoded++, total: prompt.media.size })
        await this.embed(prompt, key, signal)
      }
      encodeMs = performance.now() - started

      // at least the last unit is computed again: its logits are needed
      const kept = Math.min(context.common(prompt.units), prompt.units.length - 1)
      context.truncate(kept)
      cachedTokens = context.used
      let done = cachedTokens
      const total = prompt.tokens
      listener.progress({ phase: 'prefill', done, total })
      const prefillStarted = performance.now()
      const current = prompt
      await context.append(
        prompt.units.slice(kept),
        (media) => this.embed(current, media, signal),
        (tokens) => listener.progress({ phase: 'prefill', done: (done += tokens), total }),
        signal,
      )
      prefillMs = performance.now() - prefillStarted
      sampler = new Sampler(this.runtime.llama, request.sampling, prompt.ids, context.size)
      let used = total
      for (;;) {
        signal.throwIfAborted()
        const token = await sampler.sample(context.handle)
        firstTokenAt ||= performance.now()
        const isEnd = this.model.tokenizer.isEnd(token)
        if (isEnd && !request.ignoreEos) break
        generated.push(token)
        const piece = text.decode(this.model.tokenizer.piece(token), { stream: true })
        if (piece) listener.text(piece)
        if (generated.length >= request.maxTokens || used + 1 >= context.size) {
          finishReason = 'length'
          break
        }
        await context.appendTokens([token], true, signal)
        used++
      }
    } catch (error) {
      if (!(error instanceof Aborted)) throw error
      finishReason = 'aborted'
    } finally {
      sampler?.free()
    }
    const rest = text.decode()
    if (rest) listener.text(rest)
    const ended = performance.now()
    const generationMs = firstTokenAt ? ended - firstTokenAt : 0
    return {
      tokens: generated,
      promptIds: prompt?.ids ?? [],
      usage: {
        promptTokens: prompt?.tokens ?? 0,
        imageTokens: prompt?.mediaTokens ?? 0,
        completionTokens: generated.length,
        cachedTokens,
        contextTokens: this.context?.size ?? 0,
      },
      timings: {
        loadMs,
        encodeMs,
        prefillMs,
        ttftMs: firstTokenAt ? firstTokenAt - started : 0,
        tokensPerSecond: generationMs > 0 && generated.length > 1 ? ((generated.length - 1) * 1000) / generationMs : 0,
      },
      finishReason,
    }
  }

  private async prompt(request: AnswerRequest): Promise<Prompt> {
    const hasMedia = request.messages.some((message) => message.content.some((part) => part.type !== 'text'))
    if (hasMedia && !this.tower)
      throw new AppError('ProjectorMissing', 'This model was loaded without a projector and cannot see pictures. Add its projector file (mmproj), or ask without pictures.')
    return buildPrompt(request, this.model.tokenizer, {
      defaultSystem: writesDefaultSystem(this.model.facts.chatTemplate),
      media: { tokensPerSecond: this.tower?.projector.facts.family === 'qwen25vl' ? 2 : null },
    })
  }

  /** The context for a prompt: as large as asked, or as needed when the request leaves it open. @throws AppError ContextFull. */
  private async contextFor(request: AnswerRequest, prompt: Prompt): Promise<LanguageContext> {
    const trained = this.model.facts.trainedContext
    const wanted = request.contextTokens ?? Math.max(AUTO_CONTEXT, this.context?.size ?? 0, prompt.tokens + request.maxTokens)
    await this.reserve(Math.min(wanted, trained))
    const context = this.context!
    if (prompt.tokens >= context.size)
      throw new AppError(
        'ContextFull',
        `This conversation needs ${prompt.tokens.toLocaleString('en')} tokens; the context holds ${context.size.toLocaleString('en')}. Start a new conversation, remove a picture or lower its detail.`,
        { needed: prompt.tokens, context: context.size },
      )
    return context
  }

  private async embed(prompt: Prompt, key: string, signal: AbortSignal): Promise<Float32Array> {
    const cached = this.embeddings.get(key)
    if (cached) return cached
    const media = prompt.media.get(key)!
    const { times, rows, columns } = media.grid
    const width = this.model.embeddingLength
    const perSlice = rows * columns * width
    const out = new Float32Array(times * perSlice)
    for (let t = 0; t < times; t++) {
      signal.throwIfAborted()
      const frames = await media.frames(t)
      out.set(await this.tower!.encode(frames, signal), t * perSlice)
    }
    this.embeddings.set(key, out)
    return out
  }

  async free(): Promise<void> {
    await this.context?.free()
    this.context = null
    await this.model.free()
    this.tower?.projector.free()
  }
}

/** llama.cpp rounds a context up to a multiple of 256 tokens. */
function padded(tokens: number): number {
  return Math.ceil(tokens / 256) * 256
}
