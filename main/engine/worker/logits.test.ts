import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { families, goldenCases, goldenFloats, goldenModel, goldenRequest } from '../../testing/engineGoldens.ts'
import type { Pointer } from './native/ffi.ts'
import { createRuntime } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import { Session } from './session.ts'
import { logitsReader, maxError } from './testing/logits.ts'

/**
 * Largest difference to the reference's own float32: 7.4e-4 was seen, with logits up to 12. Its eager and fused attention
 * differ by 7.5e-5; llama.cpp sums in another order and has its own exponential.
 */
const MAX_ERROR = 1e-3

const VOCABULARY = 1024
const never = new AbortController().signal
const silent = { seen: () => {}, progress: () => {}, text: () => {}, reasoning: () => {}, reasoned: () => {} }

const native = createRuntime()
const logitsAt = logitsReader(VOCABULARY)
/** The logits of every token drawn, in order. */
let drawn: Float32Array[] = []
/** The runtime, but for a look at the logits before each draw. */
const runtime = Object.create(native, {
  llama: {
    value: {
      ...native.llama,
      samplerSampleNow: (chain: Pointer, context: Pointer, index: number) => {
        drawn.push(logitsAt(context, index))
        return native.llama.samplerSampleNow(chain, context, index)
      },
    },
  },
}) as Runtime

/** How far the largest value is above the second. */
function margin(logits: Float32Array): number {
  const [first, second] = Float32Array.from(logits).sort().slice(-2).reverse()
  return first! - second!
}

describe.each(families)('%s: the numbers behind an answer are those of the reference', (family) => {
  let session: Session
  beforeAll(async () => {
    const planner = await Planner.create(runtime, goldenModel(family), { contextTokens: 1024 })
    session = await Session.load(runtime, planner, null, () => {}, never)
  })
  afterAll(() => session[Symbol.asyncDispose]())

  // what another template writes is compared by its tokens alone
  test.each(goldenCases(family).filter(({ kwargs }) => kwargs.template === undefined))('$name', async (golden) => {
    drawn = []
    await session.answer({ request: await goldenRequest(family, golden), conversation: null }, silent, never, 0)
    expect(drawn).toHaveLength(golden.greedy.length)
    const expected = goldenFloats(family, 'logits', golden.logits.file)
    expect(expected).toHaveLength(VOCABULARY)
    expect(maxError(drawn[0]!, expected)).toBeLessThan(MAX_ERROR)
    expect(maxError(drawn.map(margin), golden.greedy_top2_margins)).toBeLessThan(MAX_ERROR)
  })
})
