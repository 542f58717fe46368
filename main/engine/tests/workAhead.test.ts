import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import { answered, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { EngineState } from '../index.ts'

/** Nothing is kept on disk of a picture from one test to the next: each has its own engine. */
const folder = tempFolder()
let made = 0
let engine: ReturnType<typeof createEngine>
let states: EngineState[]
const engines: ReturnType<typeof createEngine>[] = []
beforeEach(() => {
  engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, String(made++)) })
  engines.push(engine)
  states = []
  engine.onState((state) => states.push(state))
})
afterAll(async () => {
  await Promise.all(engines.map((each) => each.close()))
  folder.remove()
})

const PICTURE_TOKENS = 16
const draft = (text: string) => requestOf([user(sample('red-circle'), text)])
const sent = draft('What is in the picture?')
/** How often a picture was encoded. */
const encodings = () => new Set(states.map(({ encoding }) => encoding).filter((each) => each !== undefined)).size
/** The states from the first load on, without repetitions. */
const phases = () => {
  const all = states.map(({ state }) => state)
  return all.slice(all.indexOf('loading')).filter((state, i, rest) => state !== rest[i - 1])
}
const whenLoading = () =>
  new Promise<void>((resolve) => {
    const off = engine.onState(({ state }) => {
      if (state !== 'loading') return
      off()
      resolve()
    })
  })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error as { code: string }).code,
  )

describe('a picture is dropped while no model is loaded, and its user types', () => {
  test.each([
    ['it is prepared first', true],
    ['it is counted first', false],
  ])('%s: typing ends no work ahead, and Send pays for the question only', async (_, isPreparedFirst) => {
    const counts = isPreparedFirst ? [] : [engine.count(draft(''))]
    const loading = whenLoading()
    const prepared = engine.prepare(draft('')).then(() => 'done')
    await loading
    for (const text of ['W', 'What', 'What is']) counts.push(engine.count(draft(text)))
    expect(await prepared).toBe('done')
    expect((await Promise.all(counts)).at(-1)!.lastMessage[0]).toBe(PICTURE_TOKENS)
    expect(encodings()).toBe(1)
    const { text, result } = await answered(engine, sent)
    expect(text).toBe('A red circle.')
    expect(encodings()).toBe(1)
    expect(result.usage.cachedTokens).toBeGreaterThan(PICTURE_TOKENS)
    expect(phases()).toEqual(['loading', 'ready'])
  })

  test('another picture is added: the first is not encoded again', async () => {
    const loading = whenLoading()
    const first = codeOf(engine.prepare(draft('')))
    await loading
    const both = requestOf([user(sample('red-circle'), sample('blue-square'), '')])
    await engine.prepare(both)
    expect(await first).toBe('Interrupted')
    expect(encodings()).toBe(2)
    await answered(engine, requestOf([user(sample('red-circle'), sample('blue-square'), 'What is in the pictures?')]))
    expect(encodings()).toBe(2)
  })
})

describe('a count that is given up', () => {
  test('ends at once while its model loads, and the load goes on for the next one', async () => {
    const abort = new AbortController()
    const loading = whenLoading()
    const first = codeOf(engine.count(draft('W'), { signal: abort.signal }))
    await loading
    abort.abort()
    expect(await first).toBe('Interrupted')
    expect((await engine.count(draft('Wh'))).lastMessage[0]).toBe(PICTURE_TOKENS)
    expect(phases()).toEqual(['loading', 'ready'])
  })

  test('ends at once while it waits, and beside an answer', async () => {
    const abort = new AbortController()
    const given: Promise<string>[] = []
    const { result } = await answered(engine, { ...sent, ignoreEos: true, maxTokens: 200 }, {}, (event) => {
      if (event.type === 'progress' && event.progress.phase === 'loading' && given.length === 0)
        given.push(codeOf(engine.count(draft('W'), { signal: abort.signal })))
      if (event.type === 'progress' && event.progress.phase === 'loading') abort.abort()
      if (event.type !== 'text' || given.length > 1) return
      const now = new AbortController()
      given.push(codeOf(engine.count(draft('Wh'), { signal: now.signal })))
      now.abort()
    })
    expect(await Promise.all(given)).toEqual(['Interrupted', 'Interrupted'])
    expect(result.finishReason).toBe('length')
  })
})

test('a question that waits is answered though the one whose model is loading is stopped', async () => {
  const abort = new AbortController()
  const loading = whenLoading()
  const first = answered(engine, sent, { signal: abort.signal })
  await loading
  const second = answered(engine, sent)
  abort.abort()
  expect((await first).result.finishReason).toBe('aborted')
  expect((await second).text).toBe('A red circle.')
})
