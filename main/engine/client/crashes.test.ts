import type { ErrorCode } from '#contract'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker } from '../../ports.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { until } from '../../testing/until.ts'
import { createEngine } from '../index.ts'
import type { AnswerEvent, Engine, EngineState } from '../index.ts'

/** Deadlines of the engine under test, ms; the clock is the test's, so that nothing waits and nothing ends too early. */
const STALL_MS = 5000
const CANCEL_MS = 300

const folder = tempFolder()
let engine: Engine
let pids: number[]
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
  pids = []
  const spawn: SpawnWorker = (name) => {
    const worker = forkWorker(name)
    pids.push(worker.pid!)
    return worker
  }
  engine = createEngine({ spawn, cachePath: folder.path, stallMs: STALL_MS, cancelMs: CANCEL_MS })
})
afterEach(async () => {
  vi.useRealTimers()
  await engine.close()
})
afterAll(() => folder.remove())

const circle = requestOf([user(sample('red-circle'), 'What is in the picture?')])
const endless = requestOf([user('Hello')], { ignoreEos: true, maxTokens: 4000 })
const signalWorker = (signal: NodeJS.Signals) => process.kill(pids.at(-1)!, signal)
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const refusal = (code: ErrorCode) => expect.objectContaining({ name: 'AppError', code }) as unknown

/** Resolves at the next state that `wanted` describes. */
const reached = (wanted: EngineState['state']) =>
  new Promise<EngineState>((resolve) => {
    const off = engine.onState((state) => {
      if (state.state !== wanted) return
      off()
      resolve(state)
    })
  })

/** Asks for a long answer and sends its process a signal after the third piece of text. */
async function interrupted(signal: NodeJS.Signals, abort?: AbortController) {
  let text = ''
  let pieces = 0
  const onEvent = (event: AnswerEvent) => {
    if (event.type !== 'text') return
    text += event.text
    if (++pieces !== 3) return
    signalWorker(signal)
    abort?.abort()
  }
  const ending = failure(answered(engine, endless, { signal: abort?.signal }, onEvent))
  return { ending, text: () => text, running: () => until(() => pieces >= 3) }
}

async function crash(): Promise<unknown> {
  const { ending } = await interrupted('SIGKILL')
  return ending
}

describe('a crash', () => {
  test('ends one answer with its text kept; the model comes back by itself after a pause', async () => {
    const { ending, text } = await interrupted('SIGKILL')
    expect(await ending).toMatchObject({ code: 'EngineCrashed', detail: { why: 'SIGKILL' } })
    expect(text()).not.toBe('')
    expect(engine.state).toMatchObject({ state: 'restarting', model: demoModel, error: { code: 'EngineCrashed' } })
    await vi.advanceTimersByTimeAsync(249)
    expect(pids).toHaveLength(1)
    const ready = reached('ready')
    await vi.advanceTimersByTimeAsync(1)
    expect(await ready).toMatchObject({ model: demoModel, contextTokens: 4096, error: null })
    expect(pids).toHaveLength(2)
    expect((await answered(engine, circle)).text).toBe('A red circle.')
    expect(pids).toHaveLength(2)
  })

  test('a question during the pause waits for it, and can be stopped', async () => {
    await crash()
    const abort = new AbortController()
    const stopped = answered(engine, circle, { signal: abort.signal })
    const waiting = answered(engine, circle)
    abort.abort()
    expect((await stopped).result.finishReason).toBe('aborted')
    expect(pids).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(250)
    expect((await waiting).text).toBe('A red circle.')
  })

  test('unloading during the pause keeps the model from coming back; a question starts a process again', async () => {
    await crash()
    await engine.unload()
    expect(engine.state).toMatchObject({ state: 'off', model: null, error: null })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(pids).toHaveLength(1)
    expect(engine.state.state).toBe('off')
    expect((await answered(engine, circle)).text).toBe('A red circle.')
    expect(pids).toHaveLength(2)
  })

  test('all that waits fails with it', async () => {
    const { ending, running } = await interrupted('SIGKILL')
    const queued = failure(answered(engine, circle))
    await running()
    expect(await Promise.all([ending, queued])).toEqual([refusal('EngineCrashed'), refusal('EngineCrashed')])
  })

  test('in idle time is noticed too', async () => {
    await answered(engine, circle)
    const restarting = reached('restarting')
    signalWorker('SIGKILL')
    expect(await restarting).toMatchObject({ error: { code: 'EngineCrashed' } })
  })

  test('three in five minutes: the engine stays off until the user loads it again', async () => {
    for (const pause of [250, 1000]) {
      expect(await crash()).toEqual(refusal('EngineCrashed'))
      const ready = reached('ready')
      await vi.advanceTimersByTimeAsync(pause)
      await ready
    }
    expect(await crash()).toEqual(refusal('EngineCrashed'))
    expect(engine.state).toMatchObject({ state: 'failed', error: { code: 'EngineGaveUp' } })
    expect(await failure(answered(engine, circle))).toEqual(refusal('EngineGaveUp'))
    expect(await failure(engine.count(circle))).toEqual(refusal('EngineGaveUp'))
    await vi.advanceTimersByTimeAsync(600_000)
    expect(pids).toHaveLength(3)
    await engine.load(demoModel, 4096)
    expect(engine.state).toMatchObject({ state: 'ready', error: null })
    expect((await answered(engine, circle)).text).toBe('A red circle.')
  })
})

describe('a process that stalls', () => {
  test('is ended when it says nothing for too long', async () => {
    const { ending, running } = await interrupted('SIGSTOP')
    await running()
    await drained()
    await vi.advanceTimersByTimeAsync(STALL_MS)
    expect(await ending).toEqual(refusal('EngineStalled'))
    expect(engine.state).toMatchObject({ state: 'restarting', error: { code: 'EngineStalled' } })
    const ready = reached('ready')
    await vi.advanceTimersByTimeAsync(250)
    await ready
    expect((await answered(engine, circle)).text).toBe('A red circle.')
  })

  test('is ended when it does not stop', async () => {
    const { ending, running } = await interrupted('SIGSTOP', new AbortController())
    await running()
    await vi.advanceTimersByTimeAsync(CANCEL_MS)
    expect(await ending).toEqual(refusal('EngineStalled'))
  })

  test('a process that is only idle is left alone', async () => {
    await answered(engine, circle)
    await vi.advanceTimersByTimeAsync(10 * STALL_MS)
    expect((await answered(engine, circle)).text).toBe('A red circle.')
    expect(pids).toHaveLength(1)
  })
})

describe('closing', () => {
  test('ends the process; later questions are refused', async () => {
    await answered(engine, circle)
    vi.useRealTimers()
    await engine.close()
    await until(() => !isAlive(pids[0]!))
    expect(engine.state.state).toBe('off')
    expect(await failure(answered(engine, circle))).toEqual(refusal('EngineFailed'))
    expect(pids).toHaveLength(1)
  })

  test('during the pause after a crash starts nothing', async () => {
    await crash()
    await engine.close()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(pids).toHaveLength(1)
    expect(engine.state.state).toBe('off')
  })
})

test('a process that cannot be started is a crash, not a hang', async () => {
  const dead: SpawnWorker = () => ({
    pid: undefined,
    started: Promise.resolve(null),
    send: () => {},
    onMessage: () => {},
    onExit: (listener) => void setImmediate(() => listener({ code: null, signal: null })),
    kill: () => {},
  })
  const broken = createEngine({ spawn: dead, cachePath: folder.path })
  expect(await failure(answered(broken, circle))).toMatchObject({
    code: 'EngineCrashed',
    message: expect.stringContaining('could not be started') as string,
  })
  await broken.close()
})

/** Lets the messages that a stopped process had already sent arrive. */
async function drained(): Promise<void> {
  for (let i = 0; i < 100; i++) await new Promise((resolve) => setImmediate(resolve))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
