import { AppError } from '#contract'
import type { Sampling } from '#contract'
import type { Pointer } from '../native/ffi.ts'
import type { Llama } from '../native/llama.ts'

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
