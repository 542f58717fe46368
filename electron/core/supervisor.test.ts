import { AppError } from '#contract'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { noLog } from '../../main/lib/log/log.ts'
import { connectRemote } from '../../main/lib/remote.ts'
import type { Line } from '../../main/lib/remote.ts'
import { CLOSE_MS, START_MS, superviseCore } from './supervisor.ts'
import type { CoreChild, CoreSupervisor } from './supervisor.ts'

/** A core's process that does as it is told. */
class FakeProcess implements CoreChild {
  readonly killed = vi.fn(() => this.end('killed'))
  readonly close = vi.fn(async () => {})
  readonly ended: CoreChild['ended']
  readonly line: Line
  end: (reason: string) => void

  constructor(start: () => Promise<void> = async () => {}) {
    const { promise, resolve } = Promise.withResolvers<{ reason: string }>()
    this.ended = promise
    this.end = (reason) => resolve({ reason })
    const listeners: ((message: unknown, ports: []) => void)[][] = [[], []]
    const line = (own: 0 | 1): Line => ({
      send: (message) => queueMicrotask(() => listeners[1 - own]!.forEach((listener) => listener(message, []))),
      onMessage: (listener) => void listeners[own]!.push(listener),
      onClose: (listener) => void promise.then(listener),
    })
    this.line = line(0)
    const running = async () => {
      await start()
      return { close: () => this.close(), command: () => {} }
    }
    // The process offers what it can once its code is loaded.
    queueMicrotask(() => connectRemote(line(1), { offer: { start: running }, onDefect: () => {} }))
  }

  kill = (): void => this.killed()
}

const processes: FakeProcess[] = []
const next: (() => FakeProcess)[] = []
const logged: string[] = []
const onRunning = vi.fn()
const onEnded = vi.fn()
let core: CoreSupervisor

function supervise(...starts: (() => Promise<void>)[]): CoreSupervisor {
  next.push(...starts.map((start) => () => new FakeProcess(start)))
  core = superviseCore({
    fork() {
      const process = next.shift()?.() ?? new FakeProcess()
      processes.push(process)
      return process
    },
    ports: {} as never,
    log: { ...noLog, error: (event) => void logged.push(event) },
    onRunning,
    onEnded,
  })
  return core
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  for (const list of [processes, next, logged]) list.length = 0
})
afterEach(() => void vi.useRealTimers())

test('a core that ends says why until its user restarts it, then another one is there', async () => {
  supervise()
  await core.running()
  expect(onRunning).toHaveBeenCalledOnce()
  processes[0]!.end('exit code 134')
  await vi.waitFor(() => expect(core.current).toBeNull())
  expect(onEnded).toHaveBeenCalledOnce()
  await expect(core.running()).rejects.toMatchObject({
    code: 'Interrupted',
    message: 'Its process ended (exit code 134).',
  })
  expect(processes, 'never by itself').toHaveLength(1)
  core.restart()
  await core.running()
  expect(processes).toHaveLength(2)
  core.restart()
  expect(processes, 'a core that is up is left alone').toHaveLength(2)
})

test('a core that refuses to start says its own reason, not that its process ended', async () => {
  supervise(() => Promise.reject(new AppError('Busy', 'Another Sightline has this data folder.')))
  await expect(core.running()).rejects.toMatchObject({ code: 'Busy' })
  await processes[0]!.ended
  await expect(core.running()).rejects.toMatchObject({ code: 'Busy' })
  core.restart()
  await core.running()
})

test('a core that dies while it starts says how its process ended, and another one can be started', async () => {
  supervise(() => new Promise(() => {}))
  processes[0]!.end('exit code 139')
  await processes[0]!.ended
  await expect(core.running()).rejects.toMatchObject({ code: 'Interrupted' })
  await vi.advanceTimersByTimeAsync(0)
  await expect(core.running()).rejects.toMatchObject({ message: 'Its process ended (exit code 139).' })
  core.restart()
  await core.running()
})

test('a core that is late and then dies says that it died', async () => {
  supervise(() => new Promise(() => {}))
  await vi.advanceTimersByTimeAsync(START_MS)
  processes[0]!.end('exit code 1')
  await vi.advanceTimersByTimeAsync(0)
  await expect(core.running()).rejects.toMatchObject({ message: 'Its process ended (exit code 1).' })
})

test('one that comes up after all while it is being replaced is not taken for the core', async () => {
  const gate = Promise.withResolvers<void>()
  supervise(() => gate.promise)
  await vi.advanceTimersByTimeAsync(START_MS)
  processes[0]!.killed.mockImplementation(() => {}) // It takes its time to end.
  core.restart()
  gate.resolve()
  await vi.advanceTimersByTimeAsync(0)
  expect(core.current).toBeNull()
  expect(onRunning).not.toHaveBeenCalled()
  processes[0]!.end('killed')
  await core.running()
  expect(processes).toHaveLength(2)
  expect(onRunning).toHaveBeenCalledOnce()
})

test('a core that does not end can be restarted once more', async () => {
  supervise(() => Promise.reject(new AppError('Busy', 'Another Sightline has this data folder.')))
  processes[0]!.killed.mockImplementation(() => {})
  await expect(core.running()).rejects.toMatchObject({ code: 'Busy' })
  core.restart()
  const second = expect(core.running()).rejects.toMatchObject({
    message: expect.stringContaining('does not end') as string,
  })
  await vi.advanceTimersByTimeAsync(CLOSE_MS)
  await second
  core.restart()
  processes[0]!.end('killed')
  await core.running()
  expect(processes).toHaveLength(2)
})

test('a core that does not come up is said to be missing, and may still come', async () => {
  const gate = Promise.withResolvers<void>()
  supervise(() => gate.promise)
  await vi.advanceTimersByTimeAsync(START_MS)
  await expect(core.running()).rejects.toMatchObject({ message: expect.stringContaining('has not come up') as string })
  gate.resolve()
  await vi.waitFor(() => expect(core.current).not.toBeNull())
  await core.running()
})

test('closing waits for the core and lets it end in peace', async () => {
  supervise()
  await core.running()
  await core.close()
  expect(processes[0]!.close).toHaveBeenCalledOnce()
  expect(onEnded, 'nobody is told of an end that was wanted').not.toHaveBeenCalled()
})

test('a core that does not close is ended after ten seconds; a second close waits for the same end', async () => {
  supervise()
  await core.running()
  processes[0]!.close.mockReturnValue(new Promise(() => {}))
  const settled = vi.fn()
  const closes = [core.close().then(settled), core.close().then(settled)]
  await vi.advanceTimersByTimeAsync(CLOSE_MS - 1)
  expect([settled.mock.calls.length, processes[0]!.killed.mock.calls.length]).toEqual([0, 0])
  await vi.advanceTimersByTimeAsync(1)
  await Promise.all(closes)
  expect(processes[0]!.killed).toHaveBeenCalledOnce()
  expect(processes[0]!.close).toHaveBeenCalledOnce()
  expect(logged).toContain('core.endedByForce')
})

test('a core that never came up does not hold the app longer either', async () => {
  supervise(() => new Promise(() => {}))
  const closed = core.close()
  await vi.advanceTimersByTimeAsync(CLOSE_MS)
  await closed
  expect(processes[0]!.killed).toHaveBeenCalled()
})
