import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { goldenCases, goldenFloats, goldenModel } from '../../../testing/engineGoldens.ts'
import { inspectModel } from '../../gguf/inspectModel.ts'
import { createRuntime } from '../native/runtime.ts'
import type { Runtime } from '../native/runtime.ts'
import { gridTokens, mediaPositions } from '../../../lib/families/grid.ts'
import type { Grid } from '../../../lib/families/grid.ts'
import { positionSpan } from '../prompt/positions.ts'
import type { Unit } from '../prompt/positions.ts'
import { logitsReader, maxError } from '../testing/logits.ts'
import { LanguageContext } from './context.ts'
import { LanguageModel } from './languageModel.ts'
import { NativeContext, partOf } from './nativeContext.ts'
import type { ContextUse } from './nativeContext.ts'

/** Largest difference of logits up to 12 between one token at a time and many: only the order of summing differs. */
const MAX_ERROR = 1e-4
const VOCABULARY = 1024
const CONTEXT_TOKENS = 256
const never = new AbortController().signal
const runtime = createRuntime()
const logitsAt = logitsReader(VOCABULARY)
let model: LanguageModel
beforeAll(async () => {
  const { textPath } = goldenModel('qwen25vl')
  const { text } = await inspectModel(goldenModel('qwen25vl'))
  runtime.fitThreads(text.bytes)
  model = await LanguageModel.load(runtime, textPath, text, () => {}, never)
})
afterAll(() => model[Symbol.asyncDispose]())

const before = [1011, 911, 198, 768]
const after = [613, 726, 484, 13]
const tokens = (ids: readonly number[]): Unit[] => ids.map((token) => ({ token }))
const vectorsFor = (grid: Grid): Float32Array =>
  Float32Array.from({ length: gridTokens(grid) * model.embeddingLength }, (_, i) => Math.sin(i * 1.37))

/** A context for one test. */
async function withContext<T>(
  use: ContextUse,
  run: (native: NativeContext) => Promise<T>,
  own: Runtime = runtime,
): Promise<T> {
  const native = await NativeContext.create(own, model, CONTEXT_TOKENS, {}, use)
  try {
    return await run(native)
  } finally {
    await native.free()
  }
}

/** The logits after text, a video and text as the engine computes them. */
const engineLogits = (grid: Grid, vectors: Float32Array, use: ContextUse): Promise<Float32Array> =>
  withContext(use, async (native) => {
    const units: Unit[] = [...tokens(before), { media: 'video', grid }, ...tokens(after)]
    await new LanguageContext(native).append(
      units,
      () => Promise.resolve(vectors),
      () => {},
      never,
    )
    return logitsAt(native.handle, -1)
  })

/** The same as the reference's causal mask has it: each token sees all that was computed before it, whatever the positions. */
const oneByOne = (
  grid: Grid,
  vectors: Float32Array,
  [first = [], second = []]: readonly (readonly number[])[] = [before, after],
): Promise<Float32Array> =>
  withContext({}, async (native) => {
    const count = gridTokens(grid)
    runtime.llama.setCausal(native.handle, false)
    const write = async (ids: readonly number[], position: number) => {
      for (const [i, id] of ids.entries())
        await native.decode(
          {
            count: 1,
            tokens: Int32Array.of(id),
            embeddings: null,
            positions: Int32Array.of(position + i),
            logits: Int8Array.of(1),
            sequences: 0,
          },
          never,
        )
    }
    await write(first, 0)
    const all = {
      count,
      tokens: null,
      embeddings: vectors,
      positions: mediaPositions(grid, first.length),
      logits: new Int8Array(count),
      sequences: 0,
    }
    for (let i = 0; i < count; i++) await native.decode(partOf(all, i, 1), never)
    await write(second, first.length + positionSpan({ media: 'video', grid }))
    return logitsAt(native.handle, -1)
  })

test('one token at a time, each seeing all before it, is what the reference computes', async () => {
  const golden = goldenCases('qwen25vl').find(({ name }) => name === 'video4')!
  const pad = golden.input_ids.indexOf(1023)
  const grid: Grid = { times: 2, rows: 2, columns: 4, timeStep: 2 }
  const vectors = goldenFloats('qwen25vl', 'vision', 'embed_video_v5_4.bin')
  const found = await oneByOne(grid, vectors, [
    golden.input_ids.slice(0, pad),
    golden.input_ids.slice(pad + gridTokens(grid)),
  ])
  expect(maxError(found, goldenFloats('qwen25vl', 'logits', golden.logits.file))).toBeLessThan(1e-3)
})

describe.each([
  ['with help of other sequences', { inOrder: true }],
  ['without help', {}],
] as const)('a video sees its slices in their order, %s', (_, use) => {
  test.each([
    ['at 2 fps: each slice has its own position', { times: 2, rows: 4, columns: 4, timeStep: 2 }],
    ['at 8 fps: two slices at one position', { times: 2, rows: 4, columns: 4, timeStep: 0.5 }],
    ['at 10 fps: two and three slices at one position', { times: 5, rows: 2, columns: 3, timeStep: 0.4 }],
    ['slices longer than one call of the helpers', { times: 3, rows: 5, columns: 9, timeStep: 0.5 }],
  ] satisfies [string, Grid][])('%s', async (_name, grid) => {
    const vectors = vectorsFor(grid)
    expect(maxError(await engineLogits(grid, vectors, use), await oneByOne(grid, vectors))).toBeLessThan(MAX_ERROR)
  })
})

test('a stop within slices at one position leaves nothing behind', () =>
  withContext({ inOrder: true }, async (native) => {
    const grid: Grid = { times: 2, rows: 4, columns: 4, timeStep: 0.5 }
    const vectors = vectorsFor(grid)
    const units: Unit[] = [...tokens(before), { media: 'video', grid }, ...tokens(after)]
    const context = new LanguageContext(native)
    const stop = new AbortController()
    const stopped = context.append(
      units,
      () => Promise.resolve(vectors),
      (done) => done === 16 && stop.abort(new Error('enough')),
      stop.signal,
    )
    await expect(stopped).rejects.toThrow('enough')
    expect(context.length).toBe(before.length)
    await context.append(
      units.slice(before.length),
      () => Promise.resolve(vectors),
      () => {},
      never,
    )
    expect(maxError(logitsAt(native.handle, -1), await oneByOne(grid, vectors))).toBeLessThan(MAX_ERROR)
  }))

test('a single token is computed with as many threads as are best at the time, and its numbers are the same', async () => {
  const best = [2, 2, 1, 2]
  const written: [wallMs: number, cpuMs: number][] = []
  const set: number[][] = []
  const stepThreads = {
    get count() {
      return best[written.length]!
    },
    took: (...step: [number, number]) => void written.push(step),
  }
  const setThreads: Runtime['llama']['setThreads'] = (context, ...counts) => {
    set.push(counts)
    runtime.llama.setThreads(context, ...counts)
  }
  const own = Object.create(runtime, {
    stepThreads: { value: stepThreads },
    llama: { value: { ...runtime.llama, setThreads } },
  }) as Runtime
  const write = async (native: NativeContext) => {
    const context = new LanguageContext(native)
    await context.appendTokens(before, false, never)
    const logits: Float32Array[] = []
    for (const token of after) {
      await context.appendTokens([token], true, never)
      logits.push(logitsAt(native.handle, -1))
    }
    return logits
  }
  const found = await withContext({}, write, own)
  expect(set).toEqual([
    [2, runtime.threads],
    [1, runtime.threads],
    [2, runtime.threads],
  ])
  expect(written).toHaveLength(after.length)
  expect(written.flat().every((ms) => ms >= 0)).toBe(true)
  expect(found).toEqual(await withContext({}, write))
})
