import { describe, expect, test } from 'vitest'
import { CoreStopped, type Channel, type Core } from './channel.ts'
import { backOff, createConnection } from './connection.ts'
import { follow } from './follow.ts'

interface Fake extends Channel {
  close(): void
}

const fakeChannel = (core: unknown = {}): Fake => {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { core: core as Core, closed: promise, sendBytes: null, close: resolve }
}

const nextState = (connection: ReturnType<typeof createConnection>, state: string): Promise<void> =>
  new Promise((resolve) => {
    if (connection.store.getState().state === state) return resolve()
    const stop = connection.store.subscribe((now) => {
      if (now.state !== state) return
      stop()
      resolve()
    })
  })

describe('connection', () => {
  test('back-off doubles up to five seconds', () => {
    expect([0, 1, 2, 3, 10].map(backOff)).toEqual([250, 500, 1000, 2000, 5000])
  })

  test('opens another channel when one closes, and says that it was lost in between', async () => {
    const channels = [fakeChannel(), fakeChannel()]
    const gate = Promise.withResolvers<void>()
    let opened = 0
    const connection = createConnection(
      async () => channels[opened++] ?? (await new Promise<Channel>(() => {})),
      () => gate.promise,
    )
    expect((await connection.ready()).core).toBe(channels[0]?.core)
    channels[0]?.close()
    await nextState(connection, 'lost')
    await expect(connection.ready(AbortSignal.abort())).rejects.toMatchObject({ code: 'Interrupted' })
    const again = connection.ready()
    gate.resolve()
    expect((await again).core).toBe(channels[1]?.core)
    expect(connection.store.getState().state).toBe('open')
  })

  test('stays quiet for the first failures, then says that the core cannot be reached', async () => {
    const waits: number[] = []
    const connection = createConnection(
      () => Promise.reject(new Error('refused')),
      (ms) => {
        waits.push(ms)
        return waits.length < 4 ? Promise.resolve() : new Promise(() => {})
      },
    )
    await nextState(connection, 'lost')
    expect(waits.slice(0, 2)).toEqual([500, 1000])
  })

  test('says at once why there is no core, and tries again when asked without waiting', async () => {
    const opening: (() => Promise<Channel>)[] = [
      () => Promise.reject(new CoreStopped({ code: 'Interrupted', message: 'Its process ended.' })),
      () => Promise.resolve(fakeChannel('second')),
    ]
    const connection = createConnection(
      () => opening.shift()!(),
      () => new Promise(() => {}),
    )
    await nextState(connection, 'lost')
    expect(connection.store.getState().stopped).toEqual({ code: 'Interrupted', message: 'Its process ended.' })
    await new Promise((resolve) => setTimeout(resolve))
    connection.retry()
    expect((await connection.ready()).core).toBe('second')
    expect(connection.store.getState()).toEqual({ state: 'open', stopped: null })
  })
})

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
})
