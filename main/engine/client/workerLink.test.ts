import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { AppError } from '#contract'
import { ScriptedProcess } from '../../testing/scriptedProcess.ts'
import type { FromWorker, SkippedVariant } from '../protocol.ts'
import type { AnswerRequest } from '../types.ts'
import { WorkerLink } from './workerLink.ts'

let processes: ScriptedProcess[]
let skip: SkippedVariant[]
let ended: AppError[]
let crashes: boolean[]
let seen: FromWorker[]
let busy: boolean[]
let link: WorkerLink
beforeEach(() => {
  processes = []
  skip = []
  ended = []
  crashes = []
  seen = []
  busy = []
  link = open()
})

const open = ({ stallMs = 1_000_000 } = {}) =>
  new WorkerLink({
    spawn: () => {
      const worker = new ScriptedProcess()
      processes.push(worker)
      return worker
    },
    stallMs,
    encodeStallMs: 3 * stallMs,
    cancelMs: 1000,
    cachePath: '/cache',
    backend: 'auto',
    skip,
    onMessage: (message) => seen.push(message),
    onBusy: (now) => busy.push(now),
    onExit: (error, isCrash) => {
      ended.push(error)
      crashes.push(isCrash)
    },
  })

const last = () => processes.at(-1)!
const unload = () => {
  const replies: unknown[] = []
  const id = link.request({ op: 'unload' }, (reply) =>
    replies.push(reply instanceof AppError ? reply.code : reply.type),
  )
  return { id, replies }
}
const started: FromWorker = { type: 'started', release: 'v0', backend: 'CPU', noGpuReason: null, devices: [] }

describe('a process that ends while it tries a variant', () => {
  test('is started again without the variant; what was asked is asked again and nobody notices', () => {
    const { id, replies } = unload()
    last().says({ type: 'probing', variant: 'cuda' })
    last().dies()
    expect(processes).toHaveLength(2)
    expect(skip).toEqual([{ variant: 'cuda', reason: 'its driver ended the process' }])
    expect(last().received).toEqual([
      { op: 'configure', cachePath: '/cache', backend: 'auto', skip },
      { op: 'unload', id },
    ])
    last().says(started)
    last().says({ type: 'done', id, result: null })
    expect(replies).toEqual(['done'])
    expect(ended).toEqual([])
  })

  test('once for each variant, and no more', () => {
    const { replies } = unload()
    for (const variant of ['cuda', 'vulkan'] as const) {
      last().says({ type: 'probing', variant })
      last().dies()
    }
    expect(skip.map(({ variant }) => variant)).toEqual(['cuda', 'vulkan'])
    expect(processes).toHaveLength(3)
    last().dies()
    expect(processes).toHaveLength(3)
    expect(replies).toEqual(['EngineCrashed'])
    expect(ended).toHaveLength(1)
  })

  test('a variant without a device is left with its reason', () => {
    unload()
    last().says({ type: 'probing', variant: 'cuda' })
    last().says({ type: 'unusable', skipped: { variant: 'cuda', reason: 'it finds no graphics device' } })
    expect(processes[0]!.killed).toBe(true)
    expect(processes).toHaveLength(2)
    expect(skip).toEqual([{ variant: 'cuda', reason: 'it finds no graphics device' }])
  })

  test('one that does not answer is ended after a minute', () => {
    vi.useFakeTimers()
    try {
      unload()
      last().says({ type: 'probing', variant: 'vulkan' })
      vi.advanceTimersByTime(59_999)
      expect(processes).toHaveLength(1)
      vi.advanceTimersByTime(1)
      expect(processes).toHaveLength(2)
      expect(skip).toEqual([{ variant: 'vulkan', reason: 'its driver did not answer' }])
      expect(ended).toEqual([])
    } finally {
      vi.useRealTimers()
    }
  })

  test('what was cancelled meanwhile is cancelled in the new process too', () => {
    const { id } = unload()
    last().says({ type: 'probing', variant: 'cuda' })
    link.cancel(id)
    last().dies()
    expect(last().received.slice(1)).toEqual([
      { op: 'unload', id },
      { op: 'cancel', id },
    ])
  })

  test('when the app ends it, it stays ended', () => {
    last().says({ type: 'probing', variant: 'cuda' })
    void link.kill()
    expect(processes).toHaveLength(1)
    expect(skip).toEqual([])
  })
})

test("a process that ends later is a crash, not a variant's fault", () => {
  const { replies } = unload()
  last().says({ type: 'probing', variant: 'cuda' })
  last().says(started)
  last().dies()
  expect(processes).toHaveLength(1)
  expect(skip).toEqual([])
  expect(replies).toEqual(['EngineCrashed'])
  expect(ended).toMatchObject([{ code: 'EngineCrashed', detail: { why: 'SIGSEGV' } }])
})

describe('a process that works', () => {
  const loaded: FromWorker = {
    type: 'loaded',
    model: { textPath: '/model.gguf', projectorPath: null },
    contextTokens: 4096,
    options: {},
    thinking: 'none',
    vision: null,
  }
  const ask = (op: 'answer' | 'count') => {
    const replies: string[] = []
    const id = link.request({ op, request: {} as AnswerRequest, conversation: null }, (reply) =>
      replies.push(reply instanceof AppError ? reply.code : reply.type),
    )
    return { id, replies }
  }
  const result = { lastMessage: [], total: 0, text: 0, pictures: 0, video: 0, context: 4096 }
  beforeEach(() => {
    vi.useFakeTimers()
    void link.kill()
    ended = []
  })
  afterEach(() => void vi.useRealTimers())

  test('is ended when it shows no progress, though it tells of its memory and counts beside what hangs', () => {
    link = open({ stallMs: 60_000 })
    const { replies } = ask('answer')
    last().says(started)
    last().says(loaded)
    for (let second = 0; second < 59; second++) {
      vi.advanceTimersByTime(1000)
      last().says({ type: 'memory', residentBytes: 1e9 + second })
      const { id } = ask('count')
      last().says({ type: 'done', id, result })
    }
    expect(replies).toEqual([])
    vi.advanceTimersByTime(1000)
    expect(replies).toEqual(['EngineStalled'])
  })

  test('is ended later while the processor encodes a picture, and sooner again once it is done', () => {
    link = open({ stallMs: 60_000 })
    const { id, replies } = ask('answer')
    last().says(started)
    last().says(loaded)
    for (let picture = 0; picture < 2; picture++) {
      last().says({ type: 'encoding', goesOn: true })
      vi.advanceTimersByTime(179_000)
      const { id: other } = ask('count')
      last().says({ type: 'done', id: other, result })
      expect(replies).toEqual([])
      last().says({ type: 'encoding', goesOn: false })
    }
    last().says({ type: 'progress', id, progress: { phase: 'prefill', done: 0, total: 512 } })
    vi.advanceTimersByTime(59_999)
    expect(replies).toEqual(['progress'])
    vi.advanceTimersByTime(1)
    expect(replies).toEqual(['progress', 'EngineStalled'])
  })

  test('that hangs in a picture is ended too', () => {
    link = open({ stallMs: 60_000 })
    const { replies } = ask('answer')
    last().says(started)
    last().says({ type: 'encoding', goesOn: true })
    vi.advanceTimersByTime(180_000)
    expect(replies).toEqual(['EngineStalled'])
  })

  test('is left alone while it writes, and while one question after the other ends', () => {
    link = open({ stallMs: 60_000 })
    const questions = [ask('answer'), ask('answer'), ask('answer')]
    last().says(started)
    for (const { id } of questions) {
      vi.advanceTimersByTime(59_000)
      last().says({ type: 'text', id, text: 'A' })
      vi.advanceTimersByTime(59_000)
      last().says({ type: 'done', id, result })
    }
    expect(questions.map(({ replies }) => replies.at(-1))).toEqual(['done', 'done', 'done'])
    vi.advanceTimersByTime(600_000)
    expect(last().killed).toBe(false)
  })
})

test('tells when there is work, and when there is none any more', () => {
  const { id } = unload()
  expect(busy.at(-1)).toBe(true)
  last().says({ type: 'done', id, result: null })
  expect(busy.at(-1)).toBe(false)
})

describe('a cancelled request', () => {
  const model = { textPath: '/model.gguf', projectorPath: null }
  const send = (op: 'load' | 'count' = 'load') => {
    const replies: string[] = []
    const request =
      op === 'load'
        ? { op, model, contextTokens: null, options: {} }
        : { op, conversation: null, request: { model } as AnswerRequest }
    const id = link.request(request, (reply) => replies.push(reply instanceof AppError ? reply.code : reply.type))
    return { id, replies }
  }
  const loading = (id: number): FromWorker => ({ type: 'loading', id, model, progress: 0.5 })
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test('ends at once while a driver is tried, which may go on for its minute and is not blamed for the cancel', () => {
    const { id, replies } = send()
    last().says({ type: 'probing', variant: 'cuda' })
    link.cancel(id)
    expect(replies).toEqual(['failed'])
    vi.advanceTimersByTime(59_999)
    expect(processes).toHaveLength(1)
    expect(last().killed).toBe(false)
    last().says({ type: 'started', release: 'v0', backend: 'CUDA', noGpuReason: null, devices: [] })
    last().says({ type: 'failed', id, error: { code: 'Interrupted', message: 'Stopped.' } })
    vi.advanceTimersByTime(600_000)
    expect(replies).toEqual(['failed'])
    expect(last().killed).toBe(false)
    expect(skip).toEqual([])
    expect(ended).toEqual([])
  })

  test('a driver that does not answer within its minute is blamed as ever', () => {
    const { id } = send()
    last().says({ type: 'probing', variant: 'cuda' })
    link.cancel(id)
    vi.advanceTimersByTime(60_000)
    expect(skip).toEqual([{ variant: 'cuda', reason: 'its driver did not answer' }])
    expect(ended).toEqual([])
  })

  test('ends at once while its model is read from a slow disk; the process is replaced, which counts as no crash', () => {
    const { id, replies } = send()
    last().says(started)
    last().says(loading(id))
    const other = send()
    link.cancel(id)
    expect(replies).toEqual(['failed'])
    expect(seen.at(-1)).toMatchObject({ type: 'notLoaded', error: { code: 'Interrupted' } })
    last().says(loading(id))
    expect(seen.at(-1), 'nothing is shown as loading any more').toMatchObject({ type: 'notLoaded' })
    vi.advanceTimersByTime(999)
    expect(processes).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(processes).toHaveLength(2)
    expect(processes[0]!.killed).toBe(true)
    expect(last().received.slice(1), 'what waited is asked again').toMatchObject([{ op: 'load', id: other.id }])
    last().says(started)
    last().says({ type: 'done', id: other.id, result: null })
    expect(other.replies).toEqual(['done'])
    expect([ended, skip]).toEqual([[], []])
  })

  test('whose process does not go is done by another one once it is gone: no two hold the model', () => {
    const { id } = send()
    last().says(started)
    last().says(loading(id))
    last().lingers = true
    link.cancel(id)
    vi.advanceTimersByTime(1000)
    const slow = last()
    expect(slow.killed).toBe(true)
    const other = send()
    slow.says(loading(id))
    expect(processes).toHaveLength(1)
    slow.dies()
    expect(processes).toHaveLength(2)
    expect(last().received.slice(1)).toMatchObject([{ op: 'load', id: other.id }])
    expect(ended).toEqual([])
  })

  test('whose process waits for a disk that never answers is not waited for longer than five seconds', () => {
    const { id } = send()
    last().says(started)
    last().says(loading(id))
    last().lingers = true
    link.cancel(id)
    vi.advanceTimersByTime(1000 + 4999)
    expect(processes).toHaveLength(1)
    vi.advanceTimersByTime(1)
    expect(processes).toHaveLength(2)
    const other = send()
    processes[0]!.dies()
    last().says({ type: 'done', id: other.id, result: null })
    expect([other.replies, ended]).toEqual([['done'], []])
  })

  test('is not done again when the app closes while its process is waited for', () => {
    const { id } = send()
    last().says(started)
    last().says(loading(id))
    last().lingers = true
    link.cancel(id)
    vi.advanceTimersByTime(1000)
    void link.kill()
    vi.advanceTimersByTime(10_000)
    last().dies()
    expect(processes).toHaveLength(1)
  })

  test('that works ahead leaves its model loading', () => {
    const { id, replies } = send('count')
    last().says(started)
    last().says(loading(id))
    link.cancel(id)
    expect(replies).toEqual(['failed'])
    last().says({ type: 'failed', id, error: { code: 'Interrupted', message: 'Stopped.' } })
    last().says(loading(id))
    expect(seen.at(-1)).toMatchObject({ type: 'loading' })
    vi.advanceTimersByTime(600_000)
    expect(processes).toHaveLength(1)
    expect(last().killed).toBe(false)
  })

  test('whose process has only just begun to compute is given all its time from then on', () => {
    const { id } = send('count')
    link.cancel(id)
    vi.advanceTimersByTime(999)
    last().says(started)
    const other = send('load')
    vi.advanceTimersByTime(999)
    expect(last().killed).toBe(false)
    last().says({ type: 'failed', id, error: { code: 'Interrupted', message: 'Stopped.' } })
    vi.advanceTimersByTime(600_000)
    expect(last().killed).toBe(false)
    last().says({ type: 'done', id: other.id, result: null })
    expect(other.replies).toEqual(['done'])
  })

  test('that goes on computing ends the process, which counts as no crash', () => {
    const { id, replies } = send()
    last().says(started)
    link.cancel(id)
    vi.advanceTimersByTime(1000)
    expect(replies).toEqual(['EngineStalled'])
    expect(crashes).toEqual([false])
  })
})
