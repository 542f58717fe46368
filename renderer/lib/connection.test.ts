import { once } from 'node:events'
import { MessageChannel } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { shellMessages } from '#contract'
import { CoreStopped, backOff, createConnection, openChannel } from './connection.ts'
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

describe('bytes over a port of the shell', () => {
  afterEach(() => void vi.unstubAllGlobals())
  async function opened() {
    const { port1: own, port2: other } = new MessageChannel()
    const page = Object.assign(new EventTarget(), {
      sightlineBridge: {
        requestPort: () =>
          page.dispatchEvent(Object.assign(new Event('message'), { data: shellMessages.port, ports: [own] })),
      },
    })
    vi.stubGlobal('window', page)
    const { sendBytes, closed } = await openChannel()
    if (!sendBytes) return expect.fail('There is no way for bytes.')
    return {
      sendBytes: (signal?: AbortSignal) => sendBytes('app://attachment/', Uint8Array.of(1), signal),
      other,
      closed,
    }
  }

  test('end with the port, and so do those that are sent after it has closed', async () => {
    const { sendBytes, other, closed } = await opened()
    const sent = sendBytes()
    other.close()
    await expect(sent).rejects.toMatchObject({ code: 'Interrupted' })
    await closed
    const late = sendBytes().catch((error: unknown) => error)
    const waits = new Promise((resolve) => setImmediate(resolve, 'waits for nobody'))
    expect(await Promise.race([late, waits])).toMatchObject({ code: 'Interrupted' })
  })

  test('that are given up are abandoned, and those that were before are not sent', async () => {
    const { sendBytes, other } = await opened()
    const heard: unknown[] = []
    other.on('message', (message) => void heard.push(message))
    const stop = new AbortController()
    const sent = sendBytes(stop.signal)
    stop.abort()
    await expect(sent).rejects.toMatchObject({ code: 'Interrupted' })
    await expect(sendBytes(AbortSignal.abort())).rejects.toMatchObject({ code: 'Interrupted' })
    const last = sendBytes()
    while (heard.length < 3) await once(other, 'message')
    expect(heard).toMatchObject([{ post: 1 }, { abandon: 1 }, { post: 2 }])
    other.postMessage({ post: 2, stored: null })
    expect(await last).toBeNull()
    other.close()
  })
})
