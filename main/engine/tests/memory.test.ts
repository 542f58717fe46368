import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { VisionSetting } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import type { SpawnWorker } from '../../ports.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, demoModel, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerRequest, Engine, EngineOptions, EngineState } from '../index.ts'

const folder = tempFolder()
const pids: number[] = []
const spawn: SpawnWorker = (name) => {
  const worker = forkWorker(name)
  pids.push(worker.pid!)
  return worker
}
let engine: Engine
let states: EngineState[] = []
function start(options: Partial<EngineOptions> = {}): Engine {
  engine = createEngine({ spawn, cachePath: folder.path, ...options })
  states = []
  pids.length = 0
  engine.onState((state) => states.push(state))
  return engine
}
afterEach(async () => {
  vi.useRealTimers()
  await engine.close()
})

const circle = requestOf([user(sample('red-circle'), 'What is in the picture?')])
const alive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('what computes', () => {
  test('a chosen variant that is not there leaves the CPU and says why', async () => {
    await start({ backend: 'metal' }).load(demoModel, 1024)
    expect(engine.state.backend).toMatch(/^CPU \(/)
    expect(engine.state.noGpuReason).toMatch(
      process.platform === 'darwin' ? /Metal/ : /Metal does not exist on this kind of computer/,
    )
    expect(engine.state.devices).toContainEqual(
      expect.objectContaining({ name: 'CPU', kind: 'cpu', totalBytes: expect.any(Number) as number }),
    )
    expect((await answered(engine, circle)).text).toBe('A red circle.')
  })

  test('by choice only the CPU', async () => {
    await start({ backend: 'cpu' }).load(demoModel, 1024)
    expect(engine.state).toMatchObject({
      noGpuReason: 'the CPU was chosen',
      plan: { gpuLayers: 0, visionDevice: null },
    })
  })
})

describe('the plan', () => {
  test('is made before loading and shown with it, the picture of the request in it', async () => {
    start({ backend: 'cpu' })
    await answered(engine, circle)
    const planned = states.findIndex(({ plan }) => plan)
    expect(planned).toBeLessThan(states.findIndex(({ state }) => state === 'ready'))
    const { plan, note, contextTokens } = engine.state
    expect(plan).toMatchObject({ contextTokens: 4096, picturePixels: circle.budget.maxPixels, layers: 5 })
    // 4 layers, 2 heads of 32 half-precision numbers, keys and values
    expect(plan!.parts[0]).toMatchObject({ device: 'CPU', kv: 4 * 2 * 2 * 32 * 2 * 4096 })
    expect(plan!.total).toBe(plan!.parts[0]!.total)
    expect(contextTokens).toBe(4096)
    expect(note).toBeNull()
    await engine.unload()
    expect(engine.state.plan).toBeUndefined()
  })

  test('follows the context of the requests', async () => {
    await start({ backend: 'cpu' }).load(goldenModel('qwen2vl'), 1024)
    const before = engine.state.plan!
    await answered(
      engine,
      requestOf([user('Hello')], { model: goldenModel('qwen2vl'), contextTokens: 2048, maxTokens: 1 }),
    )
    expect(engine.state.plan!.contextTokens).toBe(2048)
    expect(engine.state.plan!.parts[0]!.kv).toBe(2 * before.parts[0]!.kv)
  })
})

describe('how pictures are looked at', () => {
  test('the model tells how it looks at pictures, and is loaded again for another way, once', async () => {
    start({ backend: 'cpu' })
    const ask = (request: AnswerRequest) => answered(engine, request)
    const looking = (vision: VisionSetting) => ({ ...circle, context: { vision } })
    await ask(circle)
    expect(engine.state.vision).toEqual({ how: 'llama.cpp, f16', setting: 'balanced' })
    expect((await ask(looking('balanced'))).result.timings.loadMs).toBe(0)
    const { text, result } = await ask(looking('exact'))
    expect(text).toBe('A red circle.')
    expect(result.timings.loadMs).toBeGreaterThan(0)
    expect(engine.state.vision?.setting).toBe('exact')
    await engine.load(demoModel, engine.state.contextTokens!, { context: { vision: 'exact' } })
    expect((await ask(looking('exact'))).result.timings.loadMs).toBe(0)
    await engine.load(demoModel, engine.state.contextTokens!, { context: { vision: 'fastest' } })
    expect(engine.state.vision?.setting).toBe('fastest')
    const textOnly = { ...demoModel, projectorPath: null }
    await engine.load(textOnly, 1024, { context: { vision: 'fastest' } })
    expect(engine.state.vision).toBeNull()
    await engine.load(textOnly, 1024, { context: { vision: 'exact' } })
    expect((await ask(requestOf([user('Hello')], { model: textOnly }))).result.timings.loadMs).toBe(0)
  })
})

/** Lets a process take so many MiB of address space more than it has. Linux only. */
function limitMemory(pid: number, mebibytes: number): void {
  const used = Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024
  execFileSync('prlimit', ['--pid', String(pid), `--as=${used + mebibytes * 2 ** 20}`])
}

const canLimit = process.platform === 'linux' && existsSync('/usr/bin/prlimit')
describe.skipIf(!canLimit)('memory runs out in spite of the plan', () => {
  test('the context is halved until it can be made, and the note says so', async () => {
    start({ backend: 'cpu' })
    const model = goldenModel('qwen2vl')
    await engine.load(model, 1024)
    // a context of 32,768 tokens takes 370 MiB, one of 8,192 takes 94
    limitMemory(pids[0]!, 250)
    const { result } = await answered(
      engine,
      requestOf([user('Hello')], { model, contextTokens: 32_768, maxTokens: 4, ignoreEos: true }),
    )
    expect(result.tokens).toHaveLength(4)
    expect(result.usage.contextTokens).toBeLessThan(32_768)
    expect(engine.state).toMatchObject({
      state: 'ready',
      plan: { contextTokens: result.usage.contextTokens },
      note: expect.stringMatching(
        /^Memory ran out\. The context was made smaller to save memory: [\d,]+ tokens instead of 32,768\.$/,
      ) as string,
    })
    expect(pids).toHaveLength(1)
  })
})

describe('loading', () => {
  test('shows its progress and can be cancelled; nothing is loaded then, and the next load works', async () => {
    start({ backend: 'cpu' })
    const abort = new AbortController()
    const off = engine.onState(({ state }) => state === 'loading' && abort.abort())
    await expect(engine.load(demoModel, 1024, { signal: abort.signal })).rejects.toMatchObject({ code: 'Interrupted' })
    off()
    expect(engine.state).toMatchObject({ state: 'off', progress: null, error: null })
    await expect(engine.load(demoModel, 1024, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'Interrupted',
    })
    states = []
    await engine.load(demoModel, 1024)
    const progress = states.filter(({ state }) => state === 'loading').map((state) => state.progress!)
    expect(progress.length).toBeGreaterThan(1)
    expect(progress).toEqual([...progress].sort((a, b) => a - b))
    expect(engine.state).toMatchObject({ state: 'ready', progress: null })
    expect(pids).toHaveLength(1)
  })
})

describe('idle', () => {
  const IDLE_MS = 60_000
  test('a model that nobody uses is unloaded, and the next question finds it and its conversation again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    start({ backend: 'cpu', idleUnloadMs: IDLE_MS })
    const long = requestOf([user(sample('red-circle'), 'a circle and a square '.repeat(20), 'What is in the picture?')])
    const first = await answered(engine, long, { conversationId: 'idle' })
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1)
    expect(engine.state.state).toBe('ready')
    const off = new Promise<void>((resolve) => engine.onState(({ state }) => state === 'off' && resolve()))
    await vi.advanceTimersByTimeAsync(1)
    await off
    expect(engine.state.model).toBeNull()
    const again = await answered(engine, long, { conversationId: 'idle' })
    expect(again.result.timings.loadMs).toBeGreaterThan(0)
    expect(again.result.usage.cachedTokens).toBe(again.result.usage.promptTokens - 1)
    expect(again.result.tokens).toEqual(first.result.tokens)
    expect(pids).toHaveLength(1)
  })

  test('every question starts the time anew', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    start({ backend: 'cpu', idleUnloadMs: IDLE_MS })
    await answered(engine, circle)
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1)
    await answered(engine, circle)
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1)
    expect(engine.state.state).toBe('ready')
  })
})

describe('the time after which a model is unloaded', () => {
  test('can be changed while nothing goes on: shorter, never, and again', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    start({ backend: 'cpu', idleUnloadMs: null })
    await answered(engine, circle)
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(engine.state.state).toBe('ready')
    engine.setIdleUnload(60_000)
    await vi.advanceTimersByTimeAsync(59_999)
    engine.setIdleUnload(null)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(engine.state.state).toBe('ready')
    engine.setIdleUnload(60_000)
    const off = new Promise<void>((resolve) => engine.onState(({ state }) => state === 'off' && resolve()))
    await vi.advanceTimersByTimeAsync(60_000)
    await off
  })
})

describe('what there is to compute with', () => {
  test('is told without loading a model; the processor is measured once', async () => {
    const facts = await start({ backend: 'cpu' }).machine()
    expect(facts.devices).toEqual([expect.objectContaining({ name: 'CPU', kind: 'cpu' })])
    expect(facts.cpuBytesPerSecond).toBeGreaterThan(1e8)
    expect(facts.systemFreeBytes).toBeLessThanOrEqual(facts.memoryBytes)
    expect(engine.state).toMatchObject({ state: 'off', model: null })
    expect((await engine.machine()).cpuBytesPerSecond).toBe(facts.cpuBytesPerSecond)
    expect(pids).toHaveLength(1)
  })

  test('gets through beside an answer, where the processor is not measured', async () => {
    start({ backend: 'cpu' })
    const tellBeside = async () => {
      let told: Promise<number> | null = null
      let isOver = false
      const { result } = await answered(
        engine,
        requestOf([user('Hello')], { maxTokens: 1024, ignoreEos: true }),
        {},
        ({ type }) => {
          isOver = type === 'done'
          if (type === 'text')
            told ??= engine.machine().then(({ cpuBytesPerSecond }) => (isOver ? NaN : cpuBytesPerSecond))
        },
      )
      expect(result.tokens).toHaveLength(1024)
      return told
    }
    expect(await tellBeside()).toBe(0)
    const { cpuBytesPerSecond } = await engine.machine()
    expect(cpuBytesPerSecond).toBeGreaterThan(1e8)
    expect(await tellBeside()).toBe(cpuBytesPerSecond)
  })
})

describe('a limit of layers on the GPU', () => {
  test('is kept by the requests that have it; another one loads the model again', async () => {
    start({ backend: 'cpu' })
    const placed = (gpuLayers: number) => requestOf([user('Hello')], { maxTokens: 1, context: { gpuLayers } })
    expect((await answered(engine, placed(2))).result.timings.loadMs).toBeGreaterThan(0)
    expect((await answered(engine, placed(2))).result.timings.loadMs).toBe(0)
    expect((await answered(engine, placed(3))).result.timings.loadMs).toBeGreaterThan(0)
    expect(
      (await answered(engine, requestOf([user('Hello')], { maxTokens: 1 }))).result.timings.loadMs,
    ).toBeGreaterThan(0)
    expect(pids).toHaveLength(1)
  })
})

describe('the memory of the process', () => {
  test('is told', async () => {
    await start({ backend: 'cpu' }).load(demoModel, 1024)
    expect(engine.state.residentBytes).toBeGreaterThan(30e6)
  })

  test('beyond the limit it is renewed once it is idle, with its conversation kept; but not again for what a fresh one takes', async () => {
    start({ backend: 'cpu', memoryLimitBytes: 1 })
    const long = requestOf([user(sample('red-circle'), 'a circle and a square '.repeat(20), 'What is in the picture?')])
    const ready = new Promise<void>((resolve) =>
      engine.onState(({ state }) => state === 'ready' && pids.length === 2 && resolve()),
    )
    const first = await answered(engine, long, { conversationId: 'grown' })
    expect(engine.state).toMatchObject({
      state: 'restarting',
      error: null,
      note: expect.stringMatching(/had grown to 0\.\d GB and was started again/) as string,
    })
    await ready
    expect(alive(pids[0]!)).toBe(false)
    const again = await answered(engine, long, { conversationId: 'grown' })
    expect(again.result.tokens).toEqual(first.result.tokens)
    expect(again.result.usage.cachedTokens).toBe(again.result.usage.promptTokens - 1)
    expect(again.result.timings.loadMs).toBe(0)
    expect(engine.state).toMatchObject({ state: 'ready', note: expect.stringMatching(/started again/) as string })
    expect(pids).toHaveLength(2)
  })

  test('a model that is unloaded while its process is renewed stays unloaded', async () => {
    start({ backend: 'cpu', memoryLimitBytes: 1 })
    await answered(engine, circle)
    expect(engine.state.state).toBe('restarting')
    await engine.unload()
    expect(engine.state).toMatchObject({ state: 'off', model: null })
    expect((await answered(engine, circle)).result.timings.loadMs).toBeGreaterThan(0)
    expect(pids).toHaveLength(2)
  })

  test('within the limit of its plan it stays', async () => {
    start({ backend: 'cpu' })
    await answered(engine, circle)
    expect(engine.state.state).toBe('ready')
    expect(pids).toHaveLength(1)
  })
})
