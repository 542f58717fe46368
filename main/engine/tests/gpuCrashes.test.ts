import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ScriptedProcess } from '../../testing/scriptedProcess.ts'
import { createEngine } from '../index.ts'
import type { Engine } from '../index.ts'
import type { FromWorker } from '../protocol.ts'

const model = { textPath: '/model.gguf', projectorPath: null }
let processes: ScriptedProcess[]
let engine: Engine
beforeEach(() => {
  vi.useFakeTimers()
  processes = []
  engine = createEngine({
    spawn: () => {
      processes.push(new ScriptedProcess())
      return processes.at(-1)!
    },
    cachePath: '/nowhere',
  })
})
afterEach(async () => {
  await engine.close()
  vi.useRealTimers()
})

const says = (message: FromWorker) => processes.at(-1)!.says(message)
const skipped = () => (processes.at(-1)!.received[0] as { skip: { variant: string; reason: string }[] }).skip

/** The newest process loads the model on this backend, then dies; the engine waits out its back-off. */
async function crashOn(noGpuReason: string | null): Promise<void> {
  await vi.advanceTimersByTimeAsync(0)
  says({ type: 'probing', variant: 'vulkan' })
  says({ type: 'started', release: 'v0', backend: noGpuReason ? 'CPU' : 'Vulkan (Card)', noGpuReason, devices: [] })
  says({ type: 'loaded', model, contextTokens: 4096, options: {}, thinking: 'none', vision: null })
  processes.at(-1)!.dies()
  await vi.advanceTimersByTimeAsync(10_000)
}

test('a model that crashes twice on a GPU is tried on the CPU before it is given up', async () => {
  engine.load(model, 4096).catch(() => {})
  await crashOn(null)
  expect(processes).toHaveLength(2)
  expect(skipped()).toEqual([])
  await crashOn(null)
  expect(processes).toHaveLength(3)
  expect(skipped()).toEqual([{ variant: 'vulkan', reason: 'the model crashed on it' }])
  await crashOn('Vulkan: the model crashed on it')
  expect(processes).toHaveLength(4)
  await crashOn('Vulkan: the model crashed on it')
  expect(processes).toHaveLength(4)
  expect(engine.state).toMatchObject({ state: 'failed', error: { code: 'EngineGaveUp' } })
})

test('loads that are cancelled on a slow disk are no crashes, however many', async () => {
  for (let i = 0; i < 5; i++) {
    const abort = new AbortController()
    const load = engine.load(model, 4096, { signal: abort.signal })
    await vi.advanceTimersByTimeAsync(0)
    says({ type: 'probing', variant: 'vulkan' })
    says({ type: 'started', release: 'v0', backend: 'Vulkan (Card)', noGpuReason: null, devices: [] })
    const [{ id }] = processes.at(-1)!.received.slice(-1) as [{ id: number }]
    says({ type: 'loading', id, model, progress: 0.5 })
    expect(engine.state.state).toBe('loading')
    abort.abort()
    await expect(load).rejects.toMatchObject({ code: 'Interrupted' })
    expect(engine.state).toMatchObject({ state: 'off', error: null })
    await vi.advanceTimersByTimeAsync(10_000)
    expect(processes).toHaveLength(i + 2)
  }
  expect(skipped()).toEqual([])
  expect(engine.state.state).toBe('off')
})
