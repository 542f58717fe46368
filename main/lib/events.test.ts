import { describe, expect, test } from 'vitest'
import { Emitter, eventStream } from './events.ts'

function source(capacity?: number, signal?: AbortSignal) {
  const emitter = new Emitter<number>()
  let open = 0
  const stream = eventStream<number>(
    ({ push }) => {
      open++
      const off = emitter.on(push)
      return () => {
        open--
        off()
      }
    },
    { capacity, signal },
  )
  return { emitter, stream, subscribed: () => open === 1 }
}

test('events arrive in order, those before the first read too', async () => {
  const { emitter, stream } = source()
  emitter.emit(1)
  emitter.emit(2)
  expect([(await stream.next()).value, (await stream.next()).value]).toEqual([1, 2])
  const waiting = stream.next()
  emitter.emit(3)
  expect(await waiting).toEqual({ done: false, value: 3 })
})

test('an abort ends a waiting read and unsubscribes', async () => {
  const controller = new AbortController()
  const { stream, subscribed } = source(undefined, controller.signal)
  const waiting = stream.next()
  expect(subscribed()).toBe(true)
  controller.abort()
  expect((await waiting).done).toBe(true)
  expect(subscribed()).toBe(false)
})

test('a signal that was aborted before gives an ended stream', async () => {
  const { stream, subscribed } = source(undefined, AbortSignal.abort())
  expect(subscribed()).toBe(false)
  expect((await stream.next()).done).toBe(true)
})

test('a reader that leaves the loop unsubscribes', async () => {
  const { emitter, stream, subscribed } = source()
  emitter.emit(1)
  for await (const event of stream) {
    expect(event).toBe(1)
    break
  }
  expect(subscribed()).toBe(false)
})

test('a reader too far behind loses its stream, not the source its memory', async () => {
  const { emitter, stream, subscribed } = source(3)
  for (let i = 0; i < 4; i++) emitter.emit(i)
  expect(subscribed()).toBe(false)
  expect((await stream.next()).done).toBe(true)
})

test('what was pushed before the end is still read', async () => {
  const stream = eventStream<string>(({ push, end }) => {
    push('last')
    end()
    return () => {}
  })
  expect(await stream.next()).toEqual({ done: false, value: 'last' })
  expect((await stream.next()).done).toBe(true)
})

test('an abort drops what waits to be read', async () => {
  const controller = new AbortController()
  const { emitter, stream } = source(undefined, controller.signal)
  emitter.emit(1)
  controller.abort()
  expect((await stream.next()).done).toBe(true)
})

test('a stream of unlimited capacity keeps everything for a reader that comes late', async () => {
  const { emitter, stream, subscribed } = source(Infinity)
  const events = Array.from({ length: 5000 }, (_, i) => i)
  for (const event of events) emitter.emit(event)
  expect(subscribed()).toBe(true)
  const read = []
  for (let i = 0; i < events.length; i++) read.push((await stream.next()).value)
  expect(read).toEqual(events)
})

test('a failure is thrown once, after what was pushed; nothing comes after it', async () => {
  const stream = eventStream<string>(({ push, fail, end }) => {
    push('last')
    fail(new Error('broken'))
    fail(new Error('another'))
    push('more')
    end()
    return () => {}
  })
  expect(await stream.next()).toEqual({ done: false, value: 'last' })
  await expect(stream.next()).rejects.toThrow('broken')
  expect((await stream.next()).done).toBe(true)
})

test('a failure reaches a reader that waits for it', async () => {
  let failNow = (_: Error) => {}
  const stream = eventStream<string>(({ fail }) => {
    failNow = fail
    return () => {}
  })
  const waiting = stream.next()
  failNow(new Error('broken'))
  await expect(waiting).rejects.toThrow('broken')
})

test('events that wait become one where that is told, and a reader however late is not too far behind', async () => {
  const emitter = new Emitter<number>()
  const stream = eventStream<number>(({ push }) => emitter.on(push), { capacity: 1, coalesce: (a, b) => a + b })
  for (const event of [1, 2, 3]) emitter.emit(event)
  expect(await stream.next()).toEqual({ done: false, value: 6 })
  const waiting = stream.next()
  emitter.emit(4)
  expect(await waiting).toEqual({ done: false, value: 4 })
})

test('reads that wait at the same time are served in their order', async () => {
  const { emitter, stream } = source()
  const reads = Promise.all([stream.next(), stream.next()])
  emitter.emit(1)
  emitter.emit(2)
  expect((await reads).map(({ value }) => value)).toEqual([1, 2])
})

describe('unsubscribing that takes its time', () => {
  function slow(signal?: AbortSignal) {
    const told: string[] = []
    let finish = () => {}
    let fail = (_: unknown) => {}
    const ended = new Promise<void>((resolve) => (finish = resolve))
    const stream = eventStream<string>(
      (sink) => {
        fail = sink.fail
        sink.push('first')
        return async () => {
          told.push('unsubscribing')
          await ended
          told.push('unsubscribed')
        }
      },
      { signal },
    )
    return { stream, told, finish, fail }
  }

  test('ends before a reader that leaves goes on', async () => {
    const { stream, told, finish } = slow()
    const left = stream.return!(undefined).then(() => told.push('left'))
    finish()
    await left
    expect(told).toEqual(['unsubscribing', 'unsubscribed', 'left'])
  })

  test('ends before the stream does after an abort', async () => {
    const controller = new AbortController()
    const { stream, told, finish } = slow(controller.signal)
    controller.abort()
    const last = stream.next().then(({ done }) => told.push(`done: ${done}`))
    finish()
    await last
    expect(told).toEqual(['unsubscribing', 'unsubscribed', 'done: true'])
  })

  test('ends before a failure is thrown, and keeps nobody from what was pushed', async () => {
    const { stream, told, finish, fail } = slow()
    fail(new Error('broken'))
    expect((await stream.next()).value).toBe('first')
    const thrown = stream.next().catch((error: Error) => told.push(error.message))
    finish()
    await thrown
    expect(told).toEqual(['unsubscribing', 'unsubscribed', 'broken'])
  })
})
