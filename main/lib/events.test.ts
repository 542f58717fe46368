import { expect, test } from 'vitest'
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
