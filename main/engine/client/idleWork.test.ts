import { AppError } from '#contract'
import { expect, test, vi } from 'vitest'
import { requestOf } from '../../testing/engineRequests.ts'
import { ScriptedEngine } from '../../testing/scriptedEngine.ts'
import { until } from '../../testing/until.ts'
import { createIdleWork } from './idleWork.ts'

const request = requestOf([])

/** Work that waits to be told to end, or to be dropped. */
function pieces() {
  const begun: { readonly signal: AbortSignal; readonly end: () => void }[] = []
  const next = () => (signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(new AppError('Interrupted', 'Stopped.')))
      begun.push({ signal, end: resolve })
    })
  return { begun, next }
}
const open = () => {
  const errors: unknown[] = []
  const idle = createIdleWork((error) => errors.push(error))
  const scripted = new ScriptedEngine()
  return { errors, idle, scripted, engine: idle.attend(scripted) }
}
async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event
}

test('one piece after another is done while nothing is asked, and none while something is', async () => {
  const { idle, engine, scripted, errors } = open()
  const { begun, next } = pieces()
  const answered = drain(engine.answer(request))
  const answer = await scripted.nextAnswer()
  idle.add({ afterMs: 0, next: () => (begun.length < 2 ? next() : null) })
  expect(begun).toHaveLength(0)
  answer.finish()
  await answered
  expect(begun).toHaveLength(1)
  begun[0]!.end()
  await until(() => begun.length === 2)
  begun[1]!.end()
  await idle.close()
  expect(begun).toHaveLength(2)
  expect(errors).toEqual([])
})

test('what is done is dropped at once when a question comes, and done anew after it', async () => {
  const { idle, engine, scripted, errors } = open()
  const { begun, next } = pieces()
  idle.add({ afterMs: 0, next })
  expect(begun).toHaveLength(1)
  const answered = drain(engine.answer(request))
  expect(begun[0]!.signal.aborted).toBe(true)
  const answer = await scripted.nextAnswer()
  expect(begun).toHaveLength(1)
  answer.finish()
  await answered
  await until(() => begun.length === 2)
  await idle.close()
  expect(begun[1]!.signal.aborted).toBe(true)
  expect(errors).toEqual([])
})

test('a job waits as long as it says, and longer while a question is written', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  try {
    const { idle, engine } = open()
    const { begun, next } = pieces()
    idle.add({ afterMs: 4000, next })
    vi.advanceTimersByTime(3000)
    await engine.count(request)
    vi.advanceTimersByTime(3999)
    expect(begun).toHaveLength(0)
    vi.advanceTimersByTime(1)
    expect(begun).toHaveLength(1)
    await idle.close()
  } finally {
    vi.useRealTimers()
  }
})

test('a failure is told and the next piece is done all the same', async () => {
  const { idle, errors } = open()
  let done = 0
  const work = [() => Promise.reject(new AppError('EngineCrashed', 'Gone.')), async () => void done++]
  idle.add({ afterMs: 0, next: () => work.shift() ?? null })
  await until(() => done === 1)
  expect(errors).toEqual([expect.objectContaining({ code: 'EngineCrashed' })])
  await idle.close()
})
