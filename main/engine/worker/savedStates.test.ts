import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { VisionSetting } from '#contract'
import { goldenModel, golden, pictureFolder } from '../../testing/engineGoldens.ts'
import { message, requestOf, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import type { StateReport } from './kvState/kvState.ts'
import { GgmlType } from './native/ggml.ts'
import { createRuntime } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import { Session } from './session.ts'
import { fastestKind } from './vision/projector.ts'

type Entered = Parameters<StateReport['entered']>[0]

const never = new AbortController().signal
const silent = { seen: () => {}, progress: () => {}, text: () => {}, reasoning: () => {}, reasoned: () => {} }
const native = createRuntime()
const folder = tempFolder()
afterEach(() => vi.restoreAllMocks())
afterAll(() => folder.remove())

/** A runtime that finds matrices of the type `fastest` to be multiplied in a tenth of the time of all others. */
function measuring(fastest: number): Runtime {
  let tried = 0
  let spent = 0
  vi.spyOn(process, 'cpuUsage').mockImplementation((before) => {
    spent += before ? (tried === fastest ? 1000 : 10_000) : 0
    return { user: before ? spent - before.user : spent, system: 0 }
  })
  const newTensor2d: Runtime['ggml']['newTensor2d'] = (context, type, ...sizes) => {
    // the vectors that it is multiplied with are made after it
    if (type !== GgmlType.F32) tried = type
    return native.ggml.newTensor2d(context, type, ...sizes)
  }
  return Object.create(native, { ggml: { value: { ...native.ggml, newTensor2d } } }) as Runtime
}

test.each(['qwen2vl', 'qwen35'] as const)(
  '%s: a conversation is there after a restart, whichever numbers the process finds to be multiplied fastest',
  async (family) => {
    const model = goldenModel(family)
    const cachePath = join(folder.path, family)
    const picture = { type: 'image' as const, source: { path: golden(pictureFolder(family), 'images', 'img_b.png') } }
    const ask = (...messages: Parameters<typeof requestOf>[0]) =>
      requestOf(messages, { model, maxTokens: 4, ignoreEos: true, contextTokens: 1024 })
    const first = user(picture, 'Which colours and shapes are in this picture? '.repeat(10))

    /** Asks as a new process does. Returns what its tower is kept in, how many pictures it encoded, what it had of the conversation. */
    async function restarted(fastest: number, request: ReturnType<typeof ask>) {
      const runtime = measuring(fastest)
      const { type } = await fastestKind(runtime)
      const planner = await Planner.create(runtime, model, { contextTokens: 1024 })
      // a projector of a tiny model is too small for anything to be tried
      const { projector } = planner.model
      Object.assign(planner.model, { projector: { ...projector, bytes: 64 << 20 } })
      const session = await Session.load(runtime, planner, cachePath, () => {}, never)
      let encoded = 0
      const entered: Entered[] = []
      session.onEncoder({ onEncoding: () => {}, onEncoded: () => encoded++ })
      session.reportStates({ unsaved: (why) => expect.fail(why), entered: (found) => entered.push(found) })
      const { usage } = await session.answer({ request, conversation: 'a' }, silent, never, 0)
      await session[Symbol.asyncDispose]()
      return { type, encoded, usage, entered }
    }

    const before = await restarted(GgmlType.Q8_0, ask(first))
    expect(before).toMatchObject({ type: GgmlType.Q8_0, encoded: 1, entered: [{ tokens: 0, why: 'nothing saved' }] })
    const after = await restarted(GgmlType.BF16, ask(first, message('assistant', 'Red.'), user('Is it large?')))
    expect(after).toMatchObject({ type: GgmlType.BF16, encoded: 0 })
    expect(after.usage.promptTokens - after.usage.cachedTokens).toBeLessThan(40)
    expect(after.entered).toMatchObject([{ tokens: after.usage.cachedTokens, wanted: after.usage.promptTokens }])
  },
)

test('what was computed in one way of looking at pictures is not taken for what another one computes', async () => {
  const model = goldenModel('qwen2vl')
  const cachePath = join(folder.path, 'ways')
  const picture = { type: 'image' as const, source: { path: golden('images', 'img_b.png') } }
  const context = { contextTokens: 1024, maxTokens: 4, ignoreEos: true }
  const request = requestOf([user(picture, 'Which colours are in this picture? '.repeat(20))], { model, ...context })

  /** Asks as a new process does; how many pictures it encoded, how many tokens it had of the conversation. */
  async function asked(vision: VisionSetting) {
    const planner = await Planner.create(native, model, { contextTokens: 1024, options: { vision } })
    const session = await Session.load(native, planner, cachePath, () => {}, never)
    const found = { vision: session.vision?.setting, encoded: 0, entered: -1 }
    session.onEncoder({ onEncoding: () => {}, onEncoded: () => found.encoded++ })
    session.reportStates({ unsaved: (why) => expect.fail(why), entered: ({ tokens }) => (found.entered = tokens) })
    await session.answer({ request, conversation: 'a' }, silent, never, 0)
    await session[Symbol.asyncDispose]()
    return found
  }

  expect(await asked('balanced')).toEqual({ vision: 'balanced', encoded: 1, entered: 0 })
  expect(await asked('exact')).toEqual({ vision: 'exact', encoded: 1, entered: 0 })
  const again = await asked('exact')
  expect(again).toMatchObject({ vision: 'exact', encoded: 0 })
  expect(again.entered).toBeGreaterThan(0)
})
