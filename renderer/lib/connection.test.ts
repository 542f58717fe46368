import { describe, expect, test } from 'vitest'
import { CoreStopped, backOff, createConnection } from './connection.ts'
import type { Channel, Core } from './connection.ts'

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
    expect((await connection.ready(new AbortController().signal)).core).toBe(channels[0]?.core)
    channels[0]?.close()
    await nextState(connection, 'lost')
    await expect(connection.ready(AbortSignal.abort())).rejects.toMatchObject({ code: 'Interrupted' })
    const again = connection.ready(new AbortController().signal)
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
    expect((await connection.ready(new AbortController().signal)).core).toBe('second')
    expect(connection.store.getState()).toEqual({ state: 'open', stopped: null })
  })
})
