import { AppError } from '#contract'
import type { ModelFiles } from '../../headless.ts'
import { keepBusy } from '../busyThreads.ts'
import { createWorkload } from '../measurement.ts'
import type { BenchEngine, Workload } from '../measurement.ts'
import { textSpeed } from '../measurements/text.ts'
import { Lines, inTurns } from './comparison.ts'
import type { Compared, Side } from './comparison.ts'
import { runLlamaBench } from './llamaTools.ts'
import type { LlamaTools } from './llamaTools.ts'
import { watchOthers } from './otherPrograms.ts'
import type { Stage, StageOptions } from './stages.ts'
import { missing } from './towers.ts'

const GENERATED_TOKENS = 128
/** A prompt of the demo model is read in some 25 ms: so many turns to a round, or one says little. */
const DEMO_TURNS = 9
const ENGINE = 'the engine'
const LLAMA_BENCH = 'llama-bench'
const besideOthers = (name: string) => `${name} beside a busy thread`

type Speed = 'prefill' | 'generation'

/** Prefill and generation of a text prompt, and llama-bench with as many tokens on the same file. */
export const textStage: Stage = {
  name: 'text',
  run: (options) =>
    withText(options, async (engine, llamaBench) => {
      const { values, others } = await inTurns([engine, llamaBench], options.rounds)
      const lines = new Lines()
      for (const figure of ['prefill', 'generation'] as const)
        for (const [id, side] of [
          ['engine', ENGINE],
          ['llama_bench', LLAMA_BENCH],
        ] as const)
          lines.figure(`${figure}_${id}`, `${figure}, ${side}`, 'tokens/s', values(side, figure))
      const ratio = (figure: Speed, atLeast: number) =>
        lines.ratio(
          `${figure}_llama_bench`,
          `${figure}, against ${LLAMA_BENCH}`,
          values(ENGINE, figure),
          values(LLAMA_BENCH, figure),
          { atLeast },
        )
      ratio('prefill', 1.05)
      ratio('generation', 1)
      return lines.done('text', others)
    }),
}

/** Generation beside one busy thread of another program, against the quiet figure; the same of llama-bench to compare with. */
export const busyStage: Stage = {
  name: 'busy',
  run: (options) =>
    withText(options, async (engine, llamaBench) => {
      const beside = ({ name, measure }: Side<Speed>): Side<Speed> => ({
        name: besideOthers(name),
        measure: async (round) => {
          const other = keepBusy(1)
          try {
            await other.ready
            return await measure(round)
          } finally {
            other.stop()
          }
        },
      })
      const sides = [engine, llamaBench].flatMap((side) => [side, beside(side)])
      const { values, others } = await inTurns(sides, options.rounds)
      const lines = new Lines()
      const named = [
        ['engine', ENGINE, { atLeast: 0.55 }],
        ['llama_bench', LLAMA_BENCH, null],
      ] as const
      for (const [id, side] of named) {
        lines.figure(`busy_${id}_quiet`, `generation, ${side}, quiet`, 'tokens/s', values(side, 'generation'))
        lines.figure(
          `busy_${id}`,
          `generation, ${besideOthers(side)}`,
          'tokens/s',
          values(besideOthers(side), 'generation'),
        )
      }
      for (const [id, side, target] of named)
        lines.ratio(
          `busy_${id}`,
          `generation, ${besideOthers(side)}, against quiet`,
          values(besideOthers(side), 'generation'),
          values(side, 'generation'),
          target,
        )
      return lines.done('busy', others)
    }),
}

/** Prefill and generation of the demo model against node-llama-cpp's own API. */
export const demoStage: Stage = {
  name: 'demo',
  async run({ startEngine, demoModel, rounds, engineThreads }: StageOptions): Promise<Compared> {
    const engine = await startEngine()
    try {
      const { bytes } = await engine.engine.inspect(demoModel)
      const workload = await createWorkload(engine.engine, demoModel, 'off')
      await engine.engine.load(demoModel, workload.contextTokens)
      const otherShare = watchOthers()
      // it takes its turns itself
      const bench = { workload, runs: rounds * DEMO_TURNS, threads: engineThreads(bytes), engine, startEngine }
      const { figures } = await textSpeed.run(bench)
      const valuesOf = (name: string) => figures.find((figure) => figure.name === name)!.values
      const lines = new Lines()
      for (const figure of ['prefill', 'generation'] as const) {
        const [ours, theirs] = [valuesOf(figure), valuesOf(`${figure}_node_llama_cpp`)]
        lines.figure(`demo_${figure}_engine`, `${figure} of the demo model, ${ENGINE}`, 'tokens/s', ours)
        lines.figure(`demo_${figure}_node_llama_cpp`, `${figure} of the demo model, node-llama-cpp`, 'tokens/s', theirs)
        const label = `${figure} of the demo model, against node-llama-cpp`
        lines.ratio(`demo_${figure}`, label, ours, theirs, { atLeast: 1 })
      }
      return lines.done('demo', [otherShare()])
    } finally {
      await engine.close()
    }
  },
}

/** The two sides: the engine with the text model alone, and llama-bench with the tokens that the engine last had. */
async function withText(
  { models, tools, startEngine, threads }: StageOptions,
  compare: (engine: Side<Speed>, llamaBench: Side<Speed>) => Promise<Compared>,
): Promise<Compared> {
  const { textPath } = models.qwen2vl
  const model: ModelFiles = { textPath, projectorPath: null }
  const engine = await startEngine()
  try {
    const workload = await createWorkload(engine.engine, model, 'off')
    await engine.engine.load(model, workload.contextTokens)
    // warms up, and tells how long a prompt is
    const { promptTokens } = await answer(engine, workload)
    return await compare(
      {
        name: ENGINE,
        measure: async () => {
          const { prefill, generation } = await answer(engine, workload)
          return { prefill, generation }
        },
      },
      { name: LLAMA_BENCH, measure: () => measureLlamaBench(tools, textPath, threads, promptTokens) },
    )
  } finally {
    await engine.close()
  }
}

const measureLlamaBench = async (tools: LlamaTools, textPath: string, threads: number, promptTokens: number) =>
  runLlamaBench(tools[LLAMA_BENCH] ?? missing(LLAMA_BENCH), {
    textPath,
    threads,
    promptTokens,
    generatedTokens: GENERATED_TOKENS,
  })

async function answer(
  { answer }: BenchEngine,
  workload: Workload,
): Promise<Record<Speed, number> & { promptTokens: number }> {
  const { usage, timings } = (await answer(workload.request(workload.textPrompt(), GENERATED_TOKENS))).result
  const computed = usage.promptTokens - usage.cachedTokens
  if (usage.completionTokens !== GENERATED_TOKENS)
    throw new AppError('EngineFailed', `The benchmark is not valid: ${usage.completionTokens} tokens were generated.`)
  return {
    prefill: (computed * 1000) / timings.prefillMs,
    generation: timings.tokensPerSecond,
    promptTokens: computed,
  }
}
