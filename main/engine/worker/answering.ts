import { ANSWER_ROOM, AppError, say } from '#contract'
import type { Sampling } from '#contract'
import { toGrammar } from '../grammar/grammar.ts'
import type { AnswerRequest, AnswerResult } from '../types.ts'
import type { LanguageContext } from './language/context.ts'
import { unusedCharacter } from './language/tokenizer.ts'
import type { Tokenizer } from './language/tokenizer.ts'
import type { Pointer } from './native/ffi.ts'
import type { Llama } from './native/llama.ts'
import type { Runtime } from './native/runtime.ts'
import { contextFull } from './prompt/prompt.ts'
import type { Prompt } from './prompt/prompt.ts'
import { CLOSES, EARLY_END, StopWords, ThoughtSplitter } from './thoughts.ts'
import type { SplitPiece } from './thoughts.ts'

export interface SamplerOptions {
  readonly sampling: Sampling
  /** Tokens that the repetition penalty counts from the start. */
  readonly promptIds: readonly number[]
  readonly contextTokens: number
  /** GBNF, its rule `root`; null: free text. */
  readonly grammar: string | null
  readonly vocab: Pointer
}

const SHORT_TOP_K = 128

/**
 * A chain of llama.cpp's samplers in the order of the reference's `generate`: repetition penalty, temperature, top-k,
 * top-p, min-p, then a draw; greedy at temperature 0. A grammar comes before all of them.
 */
export class Sampler {
  private readonly llama: Llama
  private readonly chain: Pointer
  private penalties: Pointer | null = null
  private grammar: Pointer | null = null
  /** Whether a draw takes a fraction of a millisecond, less than a way to another thread and back may. */
  private readonly isShort: boolean

  /** @throws AppError InvalidInput when llama.cpp cannot read the grammar. */
  constructor(llama: Llama, { sampling, promptIds, contextTokens, grammar, vocab }: SamplerOptions) {
    this.llama = llama
    this.chain = llama.samplerChainInit({ no_perf: true })
    const { temperature, topK } = sampling
    // others sort the vocabulary, or ask a grammar about it
    this.isShort = grammar === null && (temperature === 0 || (topK > 0 && topK <= SHORT_TOP_K))
    const add = (sampler: Pointer) => llama.samplerChainAdd(this.chain, sampler)
    if (grammar !== null) {
      const sampler = llama.samplerGrammar(vocab, grammar, 'root')
      if (!sampler) {
        this.free()
        throw new AppError(
          'InvalidInput',
          say`The grammar cannot be used for an answer: a rule begins with itself, what may be empty is repeated, or something is repeated too often. Change that rule.`,
        )
      }
      add(sampler)
      this.grammar = sampler
    }
    if (sampling.repeatPenalty !== 1) {
      const penalties = llama.samplerPenalties(llama.vocabSize(vocab), contextTokens, sampling.repeatPenalty, 0, 0)
      add(penalties)
      this.penalties = penalties
      // the reference penalises what stands in the prompt too; only this sampler hears of it: a grammar begins with the answer
      for (const id of promptIds) llama.samplerAccept(penalties, id)
    }
    if (sampling.temperature === 0) add(llama.samplerGreedy())
    else {
      add(llama.samplerTemp(sampling.temperature))
      if (sampling.topK > 0) add(llama.samplerTopK(sampling.topK))
      if (sampling.topP < 1) add(llama.samplerTopP(sampling.topP, 1))
      if (sampling.minP > 0) add(llama.samplerMinP(sampling.minP, 1))
      add(llama.samplerDist(sampling.seed ?? Math.floor(Math.random() * 0x1_0000_0000)))
    }
  }

  /** Draws the next token from the logits of `context` at `index` of the last call; -1: the last ones. */
  sample(context: Pointer, index = -1): number | Promise<number> {
    const { samplerSample, samplerSampleNow } = this.llama
    return (this.isShort ? samplerSampleNow : samplerSample)(this.chain, context, index)
  }

  /** Tokens that it did not draw count for the repetition penalty too; a grammar does not hear of them. */
  note(ids: readonly number[]): void {
    if (this.penalties) for (const id of ids) this.llama.samplerAccept(this.penalties, id)
  }

  /** The form of the answer has got so far already. */
  goOnFrom(ids: readonly number[]): void {
    if (this.grammar) for (const id of ids) this.llama.samplerAccept(this.grammar, id)
  }

  free(): void {
    this.llama.samplerFree(this.chain)
  }
}

export interface AnsweringOptions {
  readonly runtime: Runtime
  readonly tokenizer: Tokenizer
  readonly request: AnswerRequest
  readonly prompt: Prompt
  readonly contextTokens: number
  /** What the context may be raised to, in tokens. */
  readonly contextLimit?: number
  /** When the request came, `performance.now()`. */
  readonly started: number
  readonly listener: AnsweringListener
}

/** How long a thought took, in ms since the first token, and how many tokens it is. */
export interface Thought {
  readonly ms: number
  readonly tokens: number
}

/** Gets what is generated, by `Answering.tell`: a thought where there is one, its end, and the text. */
export interface AnsweringListener {
  reasoning(text: string): void
  reasoned(thought: Thought): void
  text(text: string): void
}

/** Between a thought and an answer that is held to a form, as templates write it. */
const AFTER_THOUGHT = '\n\n'

/**
 * An answer that is being generated: its samplers until it is disposed of, its thought and text so far and its figures.
 * Times in ms.
 *
 * A thought counts for itself: `maxTokens` is for the answer after it, and the thought is closed when it reaches its budget,
 * or leaves no room for an answer in the context. A form of the answer holds after the thought.
 */
export class Answering implements Disposable {
  private readonly options: AnsweringOptions
  private sampler: Sampler
  /** Draws the answer after a thought, where it is held to a form; null: `sampler` does. */
  private afterThought: Sampler | null = null
  private readonly decoder = new TextDecoder()
  private readonly thought: ThoughtSplitter
  private readonly stop: StopWords
  private readonly tokens: number[] = []
  /** How many of them belong to the thought, once it has ended. */
  private thoughtTokens: number | null = null
  /** How many tokens of a thought were there before. */
  private readonly thoughtBefore: number
  /** How many of them were not drawn. */
  private given = 0
  private startedAt = 0
  private cutOff: AnswerResult['usage']['cutOff']
  /** What the listener is to be told next. */
  private untold: (() => void)[] = []
  private prefillMs = 0
  private cachedTokens = 0
  private firstTokenAt = 0
  private lastTokenAt = 0

  /** @throws AppError ContextFull when the prompt does not fit, InvalidInput for a grammar that cannot be read. */
  constructor(options: AnsweringOptions) {
    const { runtime, tokenizer, request, prompt, contextTokens, contextLimit } = options
    if (prompt.tokens >= contextTokens) throw contextFull(prompt, contextTokens, contextLimit)
    this.options = options
    const isBegun = prompt.thought === 'inside' && prompt.begun.length > 0
    this.thought = new ThoughtSplitter(prompt.thought, prompt.isUntagged ? request.thoughtUntil : undefined, isBegun)
    this.stop = new StopWords(request.ignoreEos ? [] : request.stop)
    const samplerOf = (grammar: string | null) =>
      new Sampler(runtime.llama, {
        sampling: request.sampling,
        promptIds: prompt.ids,
        contextTokens,
        grammar,
        vocab: tokenizer.vocab,
      })
    const grammar = request.format ? toGrammar(request.format) : null
    const isLater = grammar !== null && this.thought.isInside
    if (isLater) this.afterThought = samplerOf(grammar)
    this.sampler = samplerOf(isLater ? null : grammar)
    this.sampler.goOnFrom(prompt.begunText)
    // its last token may end within a character
    for (const id of prompt.begun) this.decoder.decode(tokenizer.piece(id), { stream: true })
    this.thoughtBefore = this.thought.isInside ? prompt.begun.length : 0
  }

  /**
   * Computes the prompt, except what the sequence holds of it already; `onDone` gets how many of its tokens are there.
   * @throws AppError; the signal's reason.
   */
  async prefill(
    context: LanguageContext,
    embed: (media: string) => Promise<Float32Array>,
    onDone: (tokens: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { units } = this.options.prompt
    const kept = context.rewind(units)
    this.cachedTokens = context.used
    const from = performance.now()
    let done = this.cachedTokens
    const computed = context.append(units.slice(kept), embed, (tokens) => onDone((done += tokens)), signal)
    // reported while native code computes already
    onDone(done)
    await computed
    this.prefillMs = performance.now() - from
  }

  /**
   * Draws the next token from the logits at `index` of the last call, -1 its last ones. Returns what is to be computed
   * next: that token, and what the engine goes on with itself where a thought ends; null when the answer has ended. The
   * listener hears of it from `tell`, so that the next token can be computed meanwhile.
   */
  async draw(context: Pointer, index = -1): Promise<readonly number[] | null> {
    const { tokenizer, request } = this.options
    this.startedAt ||= performance.now()
    const token = await this.sampler.sample(context, index)
    this.lastTokenAt = performance.now()
    this.firstTokenAt ||= this.lastTokenAt
    if (tokenizer.isEnd(token) && !request.ignoreEos) return null
    const written = this.take(token)
    if (this.stop.hasStopped) return null
    const closing = this.thought.isInside ? await this.endEarly() : []
    const between = this.thought.hasClosed ? await this.beginForm(written, closing.length > 0) : []
    return this.hasRoom() ? [token, ...closing, ...between] : null
  }

  /** Takes a token into the answer; returns its text. */
  private take(token: number): string {
    this.tokens.push(token)
    const written = this.decoder.decode(this.options.tokenizer.piece(token), { stream: true })
    const { reasoning, text } = this.thought.push(written)
    // what comes in one token with the end of the thought is not held to the form that holds from there on
    this.note({ reasoning, text: this.afterThought ? '' : text })
    if (this.thought.hasClosed) this.endThought()
    return written
  }

  private note({ reasoning, text }: SplitPiece): void {
    if (reasoning) this.untold.push(() => this.options.listener.reasoning(reasoning))
    this.noteText(this.stop.push(text))
  }

  private noteText(text: string): void {
    if (text) this.untold.push(() => this.options.listener.text(text))
  }

  /** Tells the listener what was drawn since the last time. */
  tell(): void {
    const { untold } = this
    this.untold = []
    for (const telling of untold) telling()
  }

  /** Notes where the thought has ended; an empty one is not told of. */
  private endThought(): void {
    if (this.thoughtTokens !== null) return
    this.thoughtTokens = this.tokens.length
    const ms = performance.now() - this.startedAt
    const thought = { ms, tokens: this.thoughtBefore + this.thoughtTokens }
    if (this.thought.hasThought) this.untold.push(() => this.options.listener.reasoned(thought))
  }

  /** Closes a thought that has reached its limit; returns the tokens that do. */
  private async endEarly(): Promise<readonly number[]> {
    const { request, prompt, contextTokens } = this.options
    const left = contextTokens - prompt.tokens - this.tokens.length
    const room = Math.min(request.maxTokens, ANSWER_ROOM, Math.floor((contextTokens - prompt.tokens) / 2))
    const isAtLimit = this.tokens.length >= (request.thinkingBudget ?? Infinity)
    if (!isAtLimit && left > room + EARLY_END.length) return []
    const { isUntagged } = prompt
    const closing = await this.tokensOf(isUntagged ? `\n\n${request.thoughtUntil![0]}` : EARLY_END)
    if (closing.length >= left || (!isAtLimit && left > room + closing.length)) return []
    return this.give(closing)
  }

  /**
   * Where a thought has just closed, with `written` or early, before an answer that is held to a form: the form holds from
   * here on. Returns what stands between them.
   */
  private async beginForm(written: string, isEarly: boolean): Promise<readonly number[]> {
    const { afterThought } = this
    if (!afterThought) return []
    afterThought.note(this.tokens)
    this.sampler.free()
    this.sampler = afterThought
    this.afterThought = null
    const between = isEarly || !written.endsWith(CLOSES.at(-1)!) ? [] : await this.tokensOf(AFTER_THOUGHT)
    for (const token of between) this.decoder.decode(this.options.tokenizer.piece(token), { stream: true })
    this.thought.beginAnswer()
    this.tokens.push(...between)
    this.given += between.length
    return between
  }

  /** Goes on with tokens that are not drawn. */
  private give(tokens: readonly number[]): readonly number[] {
    for (const token of tokens) this.take(token)
    this.given += tokens.length
    this.sampler.note(tokens)
    return tokens
  }

  /** The tokens of a text of the engine's own, whose tags are the model's where it has such tokens. */
  private async tokensOf(text: string): Promise<number[]> {
    const { tokenizer } = this.options
    const pieces = tokenizer.specials.pieces(text, unusedCharacter([text]))
    const ids = pieces.map((piece) => ('text' in piece ? tokenizer.encode(piece.text) : [piece.id]))
    return (await Promise.all(ids)).flat()
  }

  /** Whether there is room for another token; notes what has none. */
  private hasRoom(): boolean {
    const { request, prompt, contextTokens } = this.options
    const before = this.thought.isInside ? this.tokens.length : (this.thoughtTokens ?? 0)
    if (this.tokens.length - before >= request.maxTokens) this.cutOff = 'length'
    else if (prompt.tokens + this.tokens.length >= contextTokens) this.cutOff = 'context'
    return this.cutOff === undefined
  }

  /** The result, also of an answer that was aborted. `loadMs`, `encodeMs`: what came before it. */
  finish({ aborted = false, loadMs = 0, encodeMs = 0 } = {}): AnswerResult {
    const { prompt, contextTokens, request } = this.options
    const isCut = aborted || this.cutOff !== undefined
    // who goes on with what was cut within a character goes on with the rest of it
    if (!(isCut && request.mayGoOn)) this.note(this.thought.push(this.decoder.decode()))
    this.note(this.thought.end())
    this.noteText(this.stop.end())
    if (this.thought.isInside) this.endThought()
    this.tell()
    const generationMs = this.lastTokenAt - this.firstTokenAt
    const { length } = this.tokens
    const before = prompt.begun.length
    const thoughtTokens = this.thoughtBefore + (this.thoughtTokens ?? 0)
    const drawn = length - this.given
    const notes = [...new Set([...prompt.media.values()].flatMap((media) => media.notes()))]
    return {
      tokens: [...prompt.begun, ...this.tokens],
      promptIds: prompt.ids.slice(0, prompt.ids.length - before),
      usage: {
        promptTokens: prompt.tokens - before,
        imageTokens: prompt.mediaTokens,
        completionTokens: before + length,
        ...(thoughtTokens > 0 && { reasoningTokens: thoughtTokens }),
        cachedTokens: Math.min(this.cachedTokens, prompt.tokens - before),
        contextTokens,
        ...(this.cutOff && !aborted && { cutOff: this.cutOff }),
      },
      timings: {
        loadMs,
        encodeMs,
        prefillMs: this.prefillMs,
        ttftMs: this.firstTokenAt ? this.firstTokenAt - this.options.started : 0,
        tokensPerSecond: drawn > 1 && generationMs > 0 ? ((drawn - 1) * 1000) / generationMs : 0,
      },
      finishReason: aborted ? 'aborted' : this.cutOff ? 'length' : 'stop',
      ...(notes.length > 0 && { notes }),
    }
  }

  [Symbol.dispose](): void {
    this.sampler.free()
    this.afterThought?.free()
  }
}
