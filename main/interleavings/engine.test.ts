import { readdirSync, watch } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createEngine } from '../engine/index.ts'
import type { Engine } from '../engine/index.ts'
import type { FromWorker } from '../engine/protocol.ts'
import { forkWorker } from '../nodePorts.ts'
import type { WorkerProcess } from '../ports.ts'
import { goldenModel } from '../testing/engineGoldens.ts'
import { answered, greedy, requestOf, user } from '../testing/engineRequests.ts'
import { ScriptedProcess } from '../testing/scriptedProcess.ts'
import { tempFolder } from '../testing/tempFolder.ts'

let folder: ReturnType<typeof tempFolder>
let engine: Engine
beforeEach(() => (folder = tempFolder()))
afterEach(async () => {
  vi.useRealTimers()
  await engine.close()
  folder.remove()
})
const outcome = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'done',
    (error: unknown) => (error as { code?: string }).code,
  )

describe('a graphics driver that takes its time', () => {
  const hello = requestOf([user('Hello')])
  const cuda: FromWorker = { type: 'started', release: 'b1', backend: 'CUDA', noGpuReason: null, devices: [] }
  let processes: ScriptedProcess[]
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] })
    processes = []
    const spawn = () => {
      processes.push(new ScriptedProcess())
      return processes.at(-1)!
    }
    engine = createEngine({ spawn, cachePath: folder.path })
  })
  afterEach(() => processes.at(-1)?.dies())
  /** The ids of the requests of a kind that a process got. */
  const idsOf = (op: string) =>
    (processes.at(-1)!.received as { op: string; id: number }[]).filter((each) => each.op === op).map(({ id }) => id)

  test('is not blamed when preparations are given up meanwhile, and answers with it afterwards', async () => {
    const drafts = [new AbortController(), new AbortController()]
    const prepared = drafts.map(({ signal }) => outcome(engine.prepare(hello, { signal })))
    await vi.advanceTimersByTimeAsync(0)
    processes[0]!.says({ type: 'probing', variant: 'cuda' })
    drafts[0]!.abort()
    await vi.advanceTimersByTimeAsync(15_000)
    drafts[1]!.abort()
    await vi.advanceTimersByTimeAsync(30_000)
    expect(processes).toHaveLength(1)
    expect(processes[0]!.killed).toBe(false)

    processes[0]!.says(cuda)
    const stopped = { code: 'Interrupted', message: 'Stopped.' } as const
    for (const id of idsOf('prepare')) processes[0]!.says({ type: 'failed', id, error: stopped })
    expect(await Promise.all(prepared)).toEqual(['Interrupted', 'Interrupted'])
    const counted = outcome(engine.count(hello))
    await vi.advanceTimersByTimeAsync(0)
    const result = { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 4096 }
    processes[0]!.says({ type: 'done', id: idsOf('count')[0]!, result })
    expect(await counted).toBe('done')
    expect(processes).toHaveLength(1)
    expect(processes[0]!.received[0]).toMatchObject({ skip: [] })
    expect(engine.state.backend).toBe('CUDA')
  })

  test('that never answers is left out after its minute, and the question is asked again without it', async () => {
    const counted = outcome(engine.count(hello))
    await vi.advanceTimersByTimeAsync(0)
    processes[0]!.says({ type: 'probing', variant: 'cuda' })
    await vi.advanceTimersByTimeAsync(60_000)
    expect(processes).toHaveLength(2)
    expect(processes[1]!.received[0]).toMatchObject({ skip: [{ variant: 'cuda' }] })
    const result = { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 4096 }
    processes[1]!.says({ type: 'done', id: idsOf('count')[0]!, result })
    expect(await counted).toBe('done')
  })
})

describe('a process that is killed while it saves a KV state', () => {
  const long = 'The quick brown fox jumps over the lazy dog. '.repeat(250)
  const parts = () => readdirSync(folder.path, { recursive: true }).filter((name) => String(name).endsWith('.part'))
  const ask = (text: string, conversationId: string) =>
    answered(
      engine,
      requestOf([user(text)], { model: goldenModel('qwen2vl'), contextTokens: 16_384, maxTokens: 4, sampling: greedy }),
      { conversationId },
    )

  test('leaves nothing for good, and the conversation goes on', async () => {
    let worker: WorkerProcess | null = null
    const spawn = (name: 'engine' | 'media') => (worker = forkWorker(name))
    const open = () => (engine = createEngine({ spawn, cachePath: folder.path, backend: 'cpu' }))
    // what is killed too late has saved: the next try is another conversation
    for (let n = 0; parts().length === 0; n++) {
      open()
      const watcher = watch(folder.path, { recursive: true }, (_, file) => {
        if (file?.endsWith('.part')) worker!.kill()
      })
      await ask(`${n} ${long}`, `conversation ${n}`)
      await outcome(engine.unload())
      watcher.close()
      await engine.close()
    }
    open()
    expect((await ask('And now?', 'conversation 0')).result.finishReason).not.toBe('aborted')
    expect((await ask(long, 'another')).result.finishReason).not.toBe('aborted')
    await engine.close()
    expect(parts()).toEqual([])
  })
})
