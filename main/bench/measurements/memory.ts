import { pictureUnits } from '#contract'
import type { Measurement } from '../measurement.ts'
import { processMemory } from '../processMemory.ts'
import { median } from '../statistics.ts'

const SIDE = 448

/**
 * A process from nothing: how long until the model is loaded, and the most memory it ever held once it has answered a
 * text prompt and looked at a picture.
 */
export const coldStart: Measurement = {
  name: 'cold_start',
  needsPictures: false,
  async run({ workload, runs, startEngine }) {
    const load: number[] = []
    const peak: number[] = []
    for (let i = 0; i < runs; i++) {
      const fresh = await startEngine()
      try {
        const started = performance.now()
        await fresh.engine.load(workload.model, workload.contextTokens)
        load.push(performance.now() - started)
        await fresh.answer(workload.request(workload.textPrompt(), 8))
        if (workload.model.projectorPath)
          await fresh.answer(workload.request([{ role: 'user', content: [await workload.newPicture(SIDE)] }], 8))
        peak.push((await processMemory(fresh.pid())).peak)
      } finally {
        await fresh.close()
      }
    }
    return {
      figures: [
        { name: 'load', label: 'load, from no process to ready', unit: 'ms', values: load },
        { name: 'peak_memory', label: 'peak memory of the engine process', unit: 'bytes', values: peak },
      ],
      ratios: [],
    }
  },
}

/** The largest picture that is planned for by default, in pixels per side. */
const LARGEST_SIDE = 980
/** Of the context: text that fills it together with the picture's 1,225 tokens. */
const TEXT_SHARE = 0.6

/**
 * The memory that is estimated for the model before it is loaded, against the most that a fresh engine process takes for
 * a nearly full context with a picture.
 */
export const memoryEstimate: Measurement = {
  name: 'memory_estimate',
  needsPictures: true,
  async run({ workload, engine, startEngine }) {
    const { model, contextTokens } = workload
    const { fit } = await engine.engine.plan(model, { contextTokens, gpuLayers: null, kvType: null })
    // its memory is needed for the other one
    await engine.engine.unload()
    const [first, ...rest] = workload.textPrompt(TEXT_SHARE)
    const fresh = await startEngine()
    try {
      const picture = { role: 'user' as const, content: [await workload.newPicture(LARGEST_SIDE)] }
      await fresh.answer(workload.request([first!, picture, ...rest], 1))
      const { peak } = await processMemory(fresh.pid())
      return {
        figures: [
          {
            name: 'memory_estimated',
            label: 'memory, estimated before loading',
            unit: 'bytes',
            values: [fit.neededBytes],
          },
          {
            name: 'generation_estimated',
            label: 'generation, estimated before loading',
            unit: 'tokens/s',
            values: [fit.tokensPerSecond ?? 0],
          },
          {
            name: 'memory_peak',
            label: 'memory of the engine process at most, context full',
            unit: 'bytes',
            values: [peak],
          },
        ],
        ratios: [
          {
            name: 'memory_estimate',
            label: 'memory, estimated against measured',
            unit: 'ratio',
            values: [fit.neededBytes / peak],
          },
        ],
      }
    } finally {
      await fresh.close()
    }
  },
}

/** The tokens of the picture whose time is estimated, along each side. */
const SIDE_TOKENS = 32

/** The time for a picture of 1,024 tokens that is estimated before the model is loaded, against what each of some takes. */
export const timeEstimate: Measurement = {
  name: 'time_estimate',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const { model, contextTokens } = workload
    const { fit } = await engine.engine.plan(model, { contextTokens, gpuLayers: null, kvType: null })
    const { family } = await engine.engine.inspect(model)
    const side = SIDE_TOKENS * pictureUnits(family).side
    const estimated = 1000 * (fit.pictureSeconds ?? NaN)
    const values: number[] = []
    for (let i = 0; i < runs; i++) {
      const { result } = await engine.answer(
        workload.request([{ role: 'user', content: [await workload.newPicture(side)] }], 1),
      )
      values.push(result.timings.encodeMs + result.timings.prefillMs)
    }
    return {
      figures: [
        { name: 'picture_estimated', label: 'a picture of 1,024 tokens, estimated', unit: 'ms', values: [estimated] },
        { name: 'picture_measured', label: 'the same, encoded and put into the context', unit: 'ms', values },
      ],
      ratios: [
        {
          name: 'time_estimate',
          label: 'time of a picture, estimated against measured',
          unit: 'ratio',
          values: values.map((ms) => estimated / ms),
        },
      ],
    }
  },
}

const RELOADS = 20
const SETTLED = 3
const WINDOW = 5

/**
 * How much more memory the process holds after 20 loads and unloads than once it has settled (after the third), as a
 * share. Each end is the median of five unloads: single readings differ by some percent without any growth.
 */
export const reloadGrowth: Measurement = {
  name: 'reload_growth',
  needsPictures: false,
  async run({ workload, startEngine }) {
    const resident: number[] = []
    const fresh = await startEngine()
    try {
      for (let i = 0; i < RELOADS; i++) {
        await fresh.engine.load(workload.model, workload.contextTokens)
        await fresh.engine.unload()
        resident.push((await processMemory(fresh.pid())).resident)
      }
    } finally {
      await fresh.close()
    }
    const settled = median(resident.slice(SETTLED, SETTLED + WINDOW))
    const growth = (median(resident.slice(-WINDOW)) - settled) / settled
    return {
      figures: [
        {
          name: 'memory_unloaded',
          label: 'memory of the engine process after an unload',
          unit: 'bytes',
          values: resident,
        },
      ],
      ratios: [
        {
          name: 'reload_growth',
          label: `growth of memory over ${RELOADS} loads, after the third`,
          unit: 'ratio',
          values: [growth],
        },
      ],
    }
  },
}
