import { AppError } from '#contract'
import { prose } from '../../lib/workload.ts'
import type { Measurement } from '../measurement.ts'
import { startPeer } from '../peer.ts'
import { pairedRatios } from '../statistics.ts'

/** The chat template's first tokens are the same in every prompt; more than these must not come from the KV cache. */
const MOST_CACHED = 8

/**
 * Prefill and generation of a text prompt, and the same token ids through node-llama-cpp's own API, in turns. On both
 * sides prefill is computing the prompt, and generation lasts from the first drawn token to the last.
 */
export const textSpeed: Measurement = {
  name: 'text_speed',
  needsPictures: false,
  async run({ workload, runs, threads, engine }) {
    const { generatedTokens: generate, contextTokens, model } = workload
    const ours = { prefill: [] as number[], generation: [] as number[], firstToken: [] as number[] }
    const theirs = { prefill: [] as number[], generation: [] as number[] }
    const peer = await startPeer({ textPath: model.textPath, contextTokens, threads })
    try {
      // the first round warms both up and is not counted
      for (let i = 0; i <= runs; i++) {
        const { result } = await engine.answer(workload.request(workload.textPrompt(), generate))
        const { usage, timings, promptIds } = result
        if (usage.cachedTokens > MOST_CACHED)
          throw new AppError(
            'EngineFailed',
            `The benchmark is not valid: ${usage.cachedTokens} of ${usage.promptTokens} tokens came from the KV cache.`,
          )
        const other = await peer.run(promptIds, generate)
        if (i === 0) continue
        ours.prefill.push(((promptIds.length - usage.cachedTokens) * 1000) / timings.prefillMs)
        ours.generation.push(timings.tokensPerSecond)
        ours.firstToken.push(timings.ttftMs)
        theirs.prefill.push((other.prefilled * 1000) / other.prefillMs)
        theirs.generation.push(((other.tokens.length - 1) * 1000) / other.generationMs)
      }
    } finally {
      await peer.close()
    }
    const speed = (name: string, label: string, values: number[]) => ({
      name,
      label,
      unit: 'tokens/s' as const,
      values,
    })
    return {
      figures: [
        { name: 'first_token', label: 'first token of a text prompt', unit: 'ms', values: ours.firstToken },
        speed('prefill', 'prefill', ours.prefill),
        speed('prefill_node_llama_cpp', 'prefill, node-llama-cpp', theirs.prefill),
        speed('generation', 'generation', ours.generation),
        speed('generation_node_llama_cpp', 'generation, node-llama-cpp', theirs.generation),
      ],
      ratios: [
        {
          name: 'prefill',
          label: 'prefill speed, against node-llama-cpp',
          unit: 'ratio',
          values: pairedRatios(ours.prefill, theirs.prefill),
        },
        {
          name: 'generation',
          label: 'generation speed, against node-llama-cpp',
          unit: 'ratio',
          values: pairedRatios(ours.generation, theirs.generation),
        },
      ],
    }
  },
}

const CHARACTERS = 200_000

/** From a pasted text of 200 kB to its exact number of tokens, as the window shows it while the question is being written. */
export const paste: Measurement = {
  name: 'paste',
  needsPictures: false,
  async run({ workload, runs, engine }) {
    const values: number[] = []
    const perSecond: number[] = []
    // the first round warms up and is not counted
    for (let i = 0; i <= runs; i++) {
      const request = workload.request(
        [{ role: 'user', content: [{ type: 'text', text: prose(1000 + i, CHARACTERS) }] }],
        1,
      )
      const started = performance.now()
      const { total } = await engine.engine.count(request)
      const ms = performance.now() - started
      if (i === 0) continue
      values.push(ms)
      perSecond.push((total * 1000) / ms)
    }
    return {
      figures: [
        { name: 'paste', label: 'a pasted text of 200 kB in tokens', unit: 'ms', values },
        { name: 'paste_speed', label: 'tokens made of it', unit: 'tokens/s', values: perSecond },
      ],
      ratios: [],
    }
  },
}
