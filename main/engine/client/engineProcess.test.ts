import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { LogFields } from '../../lib/log/log.ts'
import { requestOf, user } from '../../testing/engineRequests.ts'
import { ScriptedProcess } from '../../testing/scriptedProcess.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { Engine, TokenCount } from '../index.ts'

interface Received {
  readonly op: string
  readonly id: number
}

const folder = tempFolder()
const hello = requestOf([user('Hello')])
const count: TokenCount = { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 4096 }
let processes: ScriptedProcess[]
let engine: Engine
/** What was warned of. */
let warned: unknown[]
afterAll(() => folder.remove())
const last = () => processes.at(-1)!
/** Lets promises go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve))
/** Ends the last request of a kind that the last process got. */
async function ends(op: string, result: unknown = null): Promise<void> {
  await settled()
  const { id } = (last().received as Received[]).findLast((each) => each.op === op)!
  last().says({ type: 'done', id, result })
  await settled()
}

beforeEach(async () => {
  processes = []
  const spawn = () => {
    processes.push(new ScriptedProcess())
    return last()
  }
  warned = []
  const log = { warn: (event: string, fields?: LogFields) => warned.push([event, fields]) }
  engine = createEngine({ spawn, cachePath: folder.path, memoryLimitBytes: 1e9, log })
  const counted = engine.count(hello)
  await settled()
  last().says({ type: 'started', release: 'v0', backend: 'CPU', noGpuReason: null, devices: [] })
  last().says({ type: 'loaded', model: hello.model, contextTokens: 4096, options: {} })
  last().says({ type: 'text', id: 0, text: 'A' })
  await ends('count', count)
  await counted
})

test('the state has the memory as it was reported; only a change of 16 MiB is told', () => {
  const told: (number | null | undefined)[] = []
  engine.onState(({ residentBytes }) => told.push(residentBytes))
  for (const residentBytes of [20, 30, 25, 37].map((mib) => mib * 2 ** 20)) {
    last().says({ type: 'memory', residentBytes })
    expect(engine.state.residentBytes).toBe(residentBytes)
  }
  expect(told).toEqual([20 * 2 ** 20, 37 * 2 ** 20])
})

describe('a process that has grown too large', () => {
  beforeEach(() => {
    last().says({ type: 'memory', residentBytes: 2e9 })
    last().lingers = true
  })

  test('is gone before the model is loaded by another one', async () => {
    expect(engine.state.state).toBe('restarting')
    await ends('unload')
    expect(last().killed).toBe(true)
    expect(processes).toHaveLength(1)
    last().dies()
    await settled()
    expect(processes).toHaveLength(2)
    expect(last().received).toMatchObject([{ op: 'configure' }, { op: 'load', model: hello.model }])
  })

  test('keeps what it saves of a conversation until it is gone, and a removal waits for that', async () => {
    let isForgotten = false
    const forgotten = engine.forget('a').then(() => (isForgotten = true))
    await ends('unload')
    expect(isForgotten).toBe(false)
    last().dies()
    await ends('forget')
    await forgotten
    expect(processes).toHaveLength(2)
  })
})

describe('a process that is closed', () => {
  test('has saved its conversation', async () => {
    const closed = engine.close()
    await ends('unload')
    await closed
    expect(last().killed).toBe(true)
    expect(warned).toEqual([])
  })

  test('has six seconds for that, and if they are not enough, it is told', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const closed = engine.close()
      await settled()
      vi.advanceTimersByTime(5999)
      expect(last().killed).toBe(false)
      vi.advanceTimersByTime(1)
      await closed
    } finally {
      vi.useRealTimers()
    }
    expect(last().killed).toBe(true)
    expect(warned).toEqual([['state.unsaved', { why: 'process ended', ms: 6000 }]])
  })
})

test('a process that hangs without encoding a picture is noticed after ten minutes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const counted = engine.count(hello).catch((error: unknown) => error)
    await settled()
    vi.advanceTimersByTime(10 * 60_000 - 1)
    expect(last().killed).toBe(false)
    vi.advanceTimersByTime(1)
    expect(last().killed).toBe(true)
    expect(await counted).toMatchObject({ code: 'EngineStalled' })
  } finally {
    vi.useRealTimers()
  }
})

test('a process that loads no model yet hears of a removed conversation: a question of it may wait there', async () => {
  last().says({ type: 'unloaded' })
  const forgotten = engine.forget('a')
  await ends('forget')
  await forgotten
  expect(last().received.at(-1)).toMatchObject({ op: 'forget', conversation: 'a' })
})
