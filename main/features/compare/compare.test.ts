import { AppError } from '#contract'
import { describe, expect, test } from 'vitest'
import type { AnswerEvent, AnswerRequest, MemoryPlan, ModelFiles } from '../../engine/index.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { IDLE_MS, createCompare } from './index.ts'

const one: ModelFiles = { textPath: '/one.gguf', projectorPath: null }
const two: ModelFiles = { textPath: '/two.gguf', projectorPath: null }
const GB = 1e9

function request(model: ModelFiles): AnswerRequest {
  const sampling = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: 1 }
  return {
    model,
    messages: [],
    budget: { minPixels: 784, maxPixels: 784 },
    contextTokens: 4096,
    maxTokens: 8,
    sampling,
    context: { kvType: 'q8_0', gpuLayers: 3 },
  }
}

/** A plan on the CPU alone; sizes in GB. */
function plan(total: number, free: number, picture = 0): MemoryPlan {
  const part = {
    device: 'CPU',
    weights: total * GB,
    projector: 0,
    kv: 0,
    picture: picture * GB,
    overhead: 0,
    total: total * GB,
    free: free * GB,
  }
  return {
    gpuLayers: 0,
    layers: 1,
    visionDevice: null,
    contextTokens: 4096,
    picturePixels: 784,
    parts: [part],
    total: total * GB,
  }
}
function open(needed = 1, free = 10) {
  const first = new ScriptedEngine()
  const second = new ScriptedEngine()
  const fit = {
    level: 'cpu',
    contextTokens: 4096,
    gpuLayers: 0,
    layers: 1,
    neededBytes: 0,
    freeBytes: 0,
    tokensPerSecond: null,
    pictureSeconds: null,
    speed: null,
    sentence: '',
  } as const
  second.cost = async () => ({ plan: plan(needed, free), fit })
  return { first, second, compare: createCompare({ first, second }) }
}
async function all(events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  const got: AnswerEvent[] = []
  for await (const event of events) got.push(event)
  return got
}
const now = Promise.resolve()
const outOfMemory = expect.objectContaining({ code: 'OutOfMemory' }) as AppError

describe('the second model', () => {
  test('answers when the first is under way, and is unloaded after five minutes', async () => {
    const { second, compare } = open()
    expect(second.idleUnloadMs).toBe(IDLE_MS)
    expect(IDLE_MS).toBe(300_000)
    const { promise, resolve } = Promise.withResolvers<void>()
    let asked = 0
    const { cost } = second
    second.cost = async (...input) => (asked++, cost(...input))
    const answered = all(compare.answer(request(two), { first: promise, conversationId: 'c' }))
    await new Promise(setImmediate)
    expect(asked).toBe(0)
    resolve()
    const answer = await second.nextAnswer()
    expect(answer.options).toEqual({ conversationId: 'c' })
    answer.text('Hi')
    answer.finish()
    expect((await answered).map(({ type }) => type)).toEqual(['text', 'done'])
    expect(asked).toBe(1)
  })

  test('is not asked when the answer is stopped before the first is under way', async () => {
    const { second, compare } = open()
    second.cost = () => Promise.reject(new Error('not to be planned'))
    const abort = new AbortController()
    const answered = all(compare.answer(request(two), { first: new Promise(() => {}), signal: abort.signal }))
    abort.abort()
    expect(await answered).toEqual([])
  })

  test('that does not fit beside the first is refused with figures', async () => {
    const { compare } = open(5, 4)
    const answered = all(compare.answer(request(two), { first: now }))
    await expect(answered).rejects.toEqual(outOfMemory)
    await expect(answered).rejects.toMatchObject({
      message: expect.stringMatching(/5\.0 GB.*4,096 tokens.*4\.0 GB/) as string,
      detail: { needed: 5 * GB, free: 4 * GB, context: 4096 },
    })
  })

  test('leaves the first what it needs for its next picture', async () => {
    const { first, compare } = open(3.5, 4)
    first.setState({ plan: plan(6, 10, 1) })
    await expect(all(compare.answer(request(two), { first: now }))).rejects.toMatchObject({
      code: 'OutOfMemory',
      detail: { free: 3 * GB },
    })
  })

  test('is planned as the user placed it, and not again while it is in memory', async () => {
    const { second, compare } = open()
    const planned: unknown[] = []
    const { cost } = second
    second.cost = async (...input) => (planned.push(input), cost(...input))
    for (let turn = 0; turn < 2; turn++) {
      const answered = all(compare.answer(request(two), { first: now }))
      ;(await second.nextAnswer()).finish()
      await answered
      await second.load(two, 4096)
    }
    expect(planned).toEqual([[two, { contextTokens: 4096, gpuLayers: 3, kvType: 'q8_0' }]])
  })

  test('passes on what its engine says against the files', async () => {
    const { second, compare } = open()
    second.cost = () => Promise.reject(new AppError('ModelNotFound', 'Gone.'))
    await expect(all(compare.answer(request(two), { first: now }))).rejects.toMatchObject({ code: 'ModelNotFound' })
  })
})

describe('memory', () => {
  test('is given back before the first model is loaded, not when it is there already', async () => {
    const { first, second, compare } = open()
    await second.load(two, 4096)
    await first.load(one, 4096)
    await compare.makeWay(one)
    expect(second.state.model).toEqual(two)
    await compare.makeWay(two)
    expect(second.state.model).toBeNull()
  })

  test('is not taken from an answer that is being written', async () => {
    const { second, compare } = open()
    await second.load(two, 4096)
    const answered = all(compare.answer(request(two), { first: now }))
    const answer = await second.nextAnswer()
    await compare.makeWay(one)
    expect(second.state.model).toEqual(two)
    answer.finish()
    await answered
    await compare.makeWay(one)
    expect(second.state.model).toBeNull()
  })

  test('is given back when comparing ends; nothing is asked of an engine without a model', async () => {
    const { second, compare } = open()
    let unloads = 0
    const unload = second.unload.bind(second)
    second.unload = async () => (unloads++, unload())
    await compare.end()
    expect(unloads).toBe(0)
    await second.load(two, 4096)
    await compare.end()
    expect([unloads, second.state.model]).toEqual([1, null])
  })

  test('and what is kept of a conversation is forgotten with it', async () => {
    const { second, compare } = open()
    await compare.forget('c')
    expect(second.forgotten).toEqual(['c'])
    await second.load(two, 4096)
    await compare.close()
    expect(second.state.state).toBe('off')
  })
})
