import { AppError } from '#contract'
import type { Sampling } from '#contract'
import { toGrammar } from '../grammar/grammar.ts'
import type { AnswerRequest, AnswerResult } from '../types.ts'
import type { LanguageContext } from './language/context.ts'
import type { Tokenizer } from './language/tokenizer.ts'
import type { Pointer } from './native/ffi.ts'
import type { Llama } from './native/llama.ts'
import type { Runtime } from './native/runtime.ts'
import { contextFull } from './prompt/prompt.ts'
import type { Prompt } from './prompt/prompt.ts'

export interface SamplerOptions {
  readonly sampling: Sampling
  /** Tokens that the repetition penalty counts from the start. */
  readonly promptIds: readonly number[]
  readonly contextTokens: number
  /** GBNF, its rule `root`; null: free text. */
  readonly grammar: string | null
  readonly vocab: Pointer
}

/**
 * A chain of llama.cpp's samplers in the order of the reference's `generate`: repetition penalty, temperature, top-k,
 * top-p, min-p, then a draw; greedy at temperature 0. A grammar comes before all of them.
 */
export class Sampler {
  private readonly llama: Llama
  private readonly chain: Pointer

  /** @throws AppError InvalidInput when llama.cpp cannot read the grammar. */
  constructor(llama: Llama, { sampling, promptIds, contextTokens, grammar, vocab }: SamplerOptions) {
    this.llama = llama
    this.chain = llama.samplerChainInit({ no_perf: true })
    const add = (sampler: Pointer) => llama.samplerChainAdd(this.chain, sampler)
    if (grammar !== null) {
      const sampler = llama.samplerGrammar(vocab, grammar, 'root')
      if (!sampler) {
        this.free()
        throw new AppError(
          'InvalidInput',
          'The grammar cannot be used for an answer: a rule begins with itself, what may be empty is repeated, or something is repeated too often. Change that rule.',
        )
      }
      add(sampler)
    }
    if (sampling.repeatPenalty !== 1) {
      const penalties = llama.samplerPenalties(llama.vocabSize(vocab), contextTokens, sampling.repeatPenalty, 0, 0)
      add(penalties)
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
  sample(context: Pointer, index = -1): Promise<number> {
    return this.llama.samplerSample(this.chain, context, index)
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
  readonly onText: (text: string) => void
}

/** An answer that is being generated: its sampler until it is disposed of, its text so far and its figures. Times in ms. */
export class Answering implements Disposable {
  private readonly options: AnsweringOptions
  private readonly sampler: Sampler
  private readonly decoder = new TextDecoder()
  private readonly tokens: number[] = []
  private cutOff: AnswerResult['usage']['cutOff']
  private prefillMs = 0
  private cachedTokens = 0
  private firstTokenAt = 0
  private lastTokenAt = 0

  /** @throws AppError ContextFull when the prompt does not fit, InvalidInput for a grammar that cannot be read. */
  constructor(options: AnsweringOptions) {
    const { runtime, tokenizer, request, prompt, contextTokens, contextLimit } = options
    if (prompt.tokens >= contextTokens) throw contextFull(prompt, contextTokens, contextLimit)
    this.options = options
    this.sampler = new Sampler(runtime.llama, {
      sampling: request.sampling,
      promptIds: prompt.ids,
      contextTokens,
      grammar: request.format ? toGrammar(request.format) : null,
      vocab: tokenizer.vocab,
    })
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

  /** Draws the next token from the logits at `index` of the last call, -1 its last ones; null when the answer has ended. */
  async draw(context: Pointer, index = -1): Promise<number | null> {
    const { tokenizer, request, prompt, contextTokens, onText } = this.options
    const token = await this.sampler.sample(context, index)
    this.lastTokenAt = performance.now()
    this.firstTokenAt ||= this.lastTokenAt
    if (tokenizer.isEnd(token) && !request.ignoreEos) return null
    this.tokens.push(token)
    const text = this.decoder.decode(tokenizer.piece(token), { stream: true })
    if (text) onText(text)
    if (this.tokens.length < request.maxTokens && prompt.tokens + this.tokens.length < contextTokens) return token
    this.cutOff = this.tokens.length < request.maxTokens ? 'context' : 'length'
    return null
  }

  /** The result, also of an answer that was aborted. `loadMs`, `encodeMs`: what came before it. */
  finish({ aborted = false, loadMs = 0, encodeMs = 0 } = {}): AnswerResult {
    const { prompt, contextTokens, onText } = this.options
    const rest = this.decoder.decode()
    if (rest) onText(rest)
    const generationMs = this.lastTokenAt - this.firstTokenAt
    const { length } = this.tokens
    const notes = [...new Set([...prompt.media.values()].flatMap((media) => media.notes()))]
    return {
      tokens: this.tokens,
      promptIds: prompt.ids,
      usage: {
        promptTokens: prompt.tokens,
        imageTokens: prompt.mediaTokens,
        completionTokens: length,
        cachedTokens: this.cachedTokens,
        contextTokens,
        ...(this.cutOff && !aborted && { cutOff: this.cutOff }),
      },
      timings: {
        loadMs,
        encodeMs,
        prefillMs: this.prefillMs,
        ttftMs: this.firstTokenAt ? this.firstTokenAt - this.options.started : 0,
        tokensPerSecond: length > 1 && generationMs > 0 ? ((length - 1) * 1000) / generationMs : 0,
      },
      finishReason: aborted ? 'aborted' : this.cutOff ? 'length' : 'stop',
      ...(notes.length > 0 && { notes }),
    }
  }

  [Symbol.dispose](): void {
    this.sampler.free()
  }
}
