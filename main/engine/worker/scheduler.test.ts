import { beforeEach, describe, expect, test } from 'vitest'
import type { FromWorker } from '../protocol.ts'
import type { AnswerRequest, ModelFiles } from '../types.ts'
import type { ModelHost } from './modelHost.ts'
import { Scheduler } from './scheduler.ts'
import type { Job, RunningJob } from './scheduler.ts'

/** Loads that the test ends, in the order in which they began. */
interface Load {
  readonly id: number
  readonly isAborted: boolean
  end(): void
}

const A: ModelFiles = { textPath: '/a.gguf', projectorPath: null }
const B: ModelFiles = { textPath: '/b.gguf', projectorPath: null }
let loads: Load[]
let ends: [id: number, type: FromWorker['type']][]
let scheduler: Scheduler
let lastId: number

beforeEach(() => {
  loads = []
  ends = []
  lastId = 0
  let arriving: ModelFiles | null = null
  const host = {
    runtime: null,
    session: null,
    get isLoading() {
      return arriving !== null
    },
    isArriving: (model: ModelFiles | null) => arriving !== null && arriving === model,
    isLoaded: () => false,
    serves: () => false,
    setAbort: () => {},
    whileLoaded: <T>(reading: Promise<T>) => reading,
    forget: () => Promise.resolve(null),
    sendMemory: () => {},
  }
  scheduler = new Scheduler(
    host,
    (message) => 'id' in message && ends.push([message.id, message.type]),
    (job, { abort: { signal } }) =>
      new Promise((resolve, reject) => {
        if (!('request' in job)) return resolve(null)
        arriving = job.request.model
        loads.push({
          id: job.id,
          get isAborted() {
            return signal.aborted
          },
          end: () => {
            arriving = null
            if (signal.aborted) reject(signal.reason as Error)
            else resolve(null)
          },
        })
      }),
  )
})

/** Adds a job; returns its id. */
async function add(op: 'answer' | 'prepare' | 'count', model: ModelFiles): Promise<number> {
  const id = ++lastId
  scheduler.add({ op, id, request: { model } as AnswerRequest, conversation: null } satisfies Job)
  await settled()
  return id
}
async function cancel(id: number): Promise<void> {
  scheduler.cancel(id)
  await settled()
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('a load whose job was cancelled', () => {
  test.each(['count', 'prepare'] as const)('ends at once when what waits needs another model: %s', async (op) => {
    const ahead = await add(op, A)
    // a count makes no preparation pointless, and waits for it
    const waiting = await add(op === 'count' ? 'answer' : 'count', B)
    await cancel(ahead)
    expect(loads[0]!.isAborted).toBe(true)
    loads[0]!.end()
    await settled()
    expect(loads.map(({ id }) => id)).toEqual([ahead, waiting])
  })

  test('ends when the last that waited for it is cancelled and the next needs another model', async () => {
    const first = await add('answer', A)
    const second = await add('answer', A)
    const other = await add('answer', B)
    await cancel(first)
    expect(ends).toEqual([[first, 'failed']])
    expect(loads[0]!.isAborted).toBe(false)
    await cancel(second)
    expect(loads[0]!.isAborted).toBe(true)
    loads[0]!.end()
    await settled()
    expect(loads.at(-1)!.id).toBe(other)
  })

  test('ends when another model is needed first, though it is wanted again after that', async () => {
    const first = await add('answer', A)
    await add('answer', B)
    await add('answer', A)
    await cancel(first)
    expect(loads[0]!.isAborted).toBe(true)
  })

  test('goes on for the one that is next, whatever comes behind that', async () => {
    const first = await add('answer', A)
    const next = await add('answer', A)
    await cancel(first)
    await add('answer', B)
    expect(loads[0]!.isAborted).toBe(false)
    loads[0]!.end()
    await settled()
    expect(loads.at(-1)!.id).toBe(next)
  })

  test('goes on for who types, each count given up for the next', async () => {
    const first = await add('answer', A)
    const letters = [await add('count', A)]
    await cancel(first)
    await cancel(letters[0]!)
    letters.push(await add('count', A))
    expect(loads).toHaveLength(1)
    expect(loads[0]!.isAborted).toBe(false)
  })

  test('ends with the answers that it was for', async () => {
    const first = await add('answer', A)
    const second = await add('answer', A)
    await cancel(first)
    await cancel(second)
    expect(loads[0]!.isAborted).toBe(true)
    expect(ends).toEqual([
      [first, 'failed'],
      [second, 'failed'],
    ])
  })
})

test('who waits for a preparation that does a part of its work is told how far that is', async () => {
  const told: FromWorker[] = []
  const progress = { phase: 'encoding' as const, done: 0, total: 1, share: 0.25 }
  let preparing: RunningJob | null = null
  const session = { helps: () => Promise.resolve(true), finishSoon: () => {}, rest: () => Promise.resolve() }
  const host = {
    ...{ runtime: null, isLoading: false, isArriving: () => false, isLoaded: () => true, serves: () => true },
    ...{ setAbort: () => {}, forget: () => Promise.resolve(null), sendMemory: () => {} },
    whileLoaded: <T>(reading: Promise<T>) => reading,
    session: session as unknown as ModelHost['session'],
  }
  const ended = new Promise<null>(() => {})
  const ahead = new Scheduler(
    host,
    (message) => told.push(message),
    (_, running) => {
      preparing = running
      running.progress = progress
      return ended
    },
  )
  const request = { model: A } as AnswerRequest
  ahead.add({ op: 'prepare', id: 1, request, conversation: null })
  ahead.add({ op: 'answer', id: 2, request, conversation: null })
  await settled()
  expect(told).toEqual([{ type: 'progress', id: 2, progress }])
  expect(preparing).toMatchObject({ id: 1, helping: 2 })
})
