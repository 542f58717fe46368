import { MessageChannel } from 'node:worker_threads'
import type { MessagePort } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { AppError } from '#contract'
import { connectRemote } from './remote.ts'
import type { Line, Remote, TransferPort } from './remote.ts'

const opened: MessagePort[] = []
afterEach(() => opened.splice(0).forEach((port) => port.close()))

/** The two ends of a line that clones what it carries. */
function lines(): [Line, Line] {
  const { port1, port2 } = new MessageChannel()
  opened.push(port1, port2)
  const line = (port: MessagePort): Line => ({
    send: (message, ports) => port.postMessage({ message, ports }, [...ports] as never),
    onMessage: (listener) =>
      void port.on('message', ({ message, ports }: { message: unknown; ports: TransferPort[] }) =>
        listener(message, ports),
      ),
    onClose: (listener) => void port.once('close', listener),
  })
  return [line(port1), line(port2)]
}

/** Offers `object` at one end and returns what the other end sees of it. */
async function offered<T extends object>(
  object: T,
  onDefect = vi.fn(),
): Promise<{ remote: Remote<T>; end: () => void }> {
  const [near, far] = lines()
  connectRemote(near, { offer: object, onDefect })
  return { remote: await connectRemote<T>(far, { onDefect }).other, end: () => opened[0]!.close() }
}

test('data arrives as it is, functions are called where they are, at any depth', async () => {
  const shown: string[] = []
  const { remote } = await offered({
    name: 'shell',
    bytes: Uint8Array.of(1, 2),
    none: null,
    dialogs: { pick: async (title: string) => ({ path: `/${title}`, open: () => shown.push(title) }) },
  })
  expect(remote).toMatchObject({ name: 'shell', bytes: Uint8Array.of(1, 2), none: null })
  const picked = await remote.dialogs.pick('a')
  expect(picked.path).toBe('/a')
  expect(await picked.open()).toBe(1)
  expect(shown).toEqual(['a'])
})

test('a listener that is passed hears every later event, in order', async () => {
  const listeners: ((n: number) => void)[] = []
  const { remote } = await offered({
    on: (listener: (n: number) => void) => {
      listeners.push(listener)
      return () => void listeners.splice(0)
    },
  })
  const heard: number[] = []
  const off = await remote.on((n) => void heard.push(n))
  for (const n of [1, 2, 3]) listeners[0]!(n)
  await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]))
  await off()
  expect(listeners).toEqual([])
})

test('an error of the contract keeps its code; any other says its text and is reported where it happened', async () => {
  const onDefect = vi.fn()
  const { remote } = await offered(
    {
      refuse: () => {
        throw new AppError('DiskFull', 'The disk is full.', { free: 1 })
      },
      fail: () => Promise.reject(new TypeError('undefined is not a function')),
    },
    onDefect,
  )
  await expect(remote.refuse()).rejects.toMatchObject({ name: 'AppError', code: 'DiskFull', detail: { free: 1 } })
  expect(onDefect).not.toHaveBeenCalled()
  await expect(remote.fail()).rejects.toThrow('undefined is not a function')
  expect(onDefect).toHaveBeenCalledOnce()
})

test('when the other side ends, what waits and what is asked later is interrupted, also what nobody awaits', async () => {
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const { remote, end } = await offered({ never: () => new Promise(() => {}) })
  const waiting = remote.never()
  void remote.never()
  end()
  await expect(waiting).rejects.toMatchObject({ code: 'Interrupted' })
  await expect(remote.never()).rejects.toMatchObject({ code: 'Interrupted' })
  await new Promise((resolve) => setImmediate(resolve))
  expect(unhandled).not.toHaveBeenCalled()
  process.off('unhandledRejection', unhandled)
})

test('a message port changes hands with the call that carries it', async () => {
  const { port1, port2 } = new MessageChannel()
  opened.push(port1)
  const { remote } = await offered({
    serve: (port: TransferPort) => {
      port.on('message', (data: unknown) => port.postMessage({ echoed: data }))
      port.start()
    },
  })
  const answer = new Promise((resolve) => port1.once('message', resolve))
  port1.postMessage('hello')
  await remote.serve(port2 as never)
  expect(await answer).toEqual({ echoed: 'hello' })
})

test('what cannot be cloned rejects the call that carries it, either way, and the line goes on', async () => {
  const onDefect = vi.fn()
  const { remote } = await offered({ echo: (value: unknown) => value, symbol: () => Symbol('none') }, onDefect)
  await expect(remote.echo(Symbol('none'))).rejects.toThrow(/could not be cloned/)
  await expect(remote.symbol()).rejects.toThrow(/could not be cloned/)
  expect(onDefect).toHaveBeenCalledOnce()
  expect(await remote.echo('still there')).toBe('still there')
})
