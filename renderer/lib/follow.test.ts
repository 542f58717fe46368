import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { createConnection } from './connection.ts'
import type { Channel, Core } from './connection.ts'
import { follow } from './follow.ts'

interface Fake extends Channel {
  close(): void
}

const fakeChannel = (core: unknown = {}): Fake => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { core: core as Core, closed: promise, sendBytes: null, close: resolve }
}

describe('follow', () => {
  test('subscribes again after the connection came back', async () => {
    const channels = [fakeChannel('first'), fakeChannel('second')]
    let opened = 0
    const connection = createConnection(
      async () => channels[opened++] ?? (await new Promise<Channel>(() => {})),
      () => Promise.resolve(),
    )
    const stop = new AbortController()
    const seen: unknown[] = []
    await follow({
      connection,
      signal: stop.signal,
      subscribe: async (core) =>
        (async function* () {
          yield core as unknown
          if (opened < 2) await new Promise(() => {})
        })(),
      onEvent: (event) => {
        seen.push(event)
        if (event === 'first') channels[0]?.close()
        else stop.abort()
      },
    })
    expect(seen).toEqual(['first', 'second'])
  })

  test('gives an input error to the caller and ends', async () => {
    const connection = createConnection(() => Promise.resolve(fakeChannel()))
    const errors: unknown[] = []
    await follow({
      connection,
      signal: new AbortController().signal,
      subscribe: () => Promise.reject(Object.assign(new Error('It is gone.'), { code: 'NotFound' })),
      onEvent: () => {},
      onRefused: (error) => errors.push(error.code),
    })
    expect(errors).toEqual(['NotFound'])
  })

  test('an event handler can ask for a new subscription', async () => {
    const connection = createConnection(() => Promise.resolve(fakeChannel()))
    const stop = new AbortController()
    let subscriptions = 0
    await follow<number>({
      connection,
      signal: stop.signal,
      subscribe: async () =>
        (async function* () {
          yield ++subscriptions
          await new Promise(() => {})
        })(),
      onEvent: (count) => {
        if (count === 3) stop.abort()
        return 'again'
      },
    })
    expect(subscriptions).toBe(3)
  })

  test('an event is let go of once it was delivered, however long the stream goes on', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const connection = createConnection(() => Promise.resolve(fakeChannel()))
    const stop = new AbortController()
    const delivered: WeakRef<object>[] = []
    let alive = Number.NaN
    await follow<object>({
      connection,
      signal: stop.signal,
      subscribe: async () =>
        (async function* () {
          for (let i = 0; i < 1_000; i++) yield { i }
          // what is still held now is held by the stream that goes on, not by a loop that just ran
          await new Promise((resolve) => setTimeout(resolve))
          collectGarbage()
          alive = delivered.filter((event) => event.deref() !== undefined).length
          yield {}
        })(),
      onEvent: (event) => {
        delivered.push(new WeakRef(event))
        if (delivered.length > 1_000) stop.abort()
      },
    })
    expect(alive).toBeLessThan(10)
  })
})
