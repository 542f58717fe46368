import { t } from '@lingui/core/macro'
import { AppError, ErrorInfo, PostAnswer, shellMessages, unlessAborted } from '#contract'
import type { Contract, Post, StoredFile } from '#contract'
import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { createStore } from 'zustand/vanilla'
import type { StoreApi } from 'zustand/vanilla'
import { connectionLost } from './errors.ts'

/** The core as the window calls it, typed by the contract. */
export type Core = ContractRouterClient<Contract>

/** Sends bytes to an address of the core; resolves with what they were stored as, if that has a name. */
export type SendBytes = (
  address: string,
  body: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
) => Promise<StoredFile | null>

/** One open connection. `closed` resolves once, when it can carry no more calls. */
export interface Channel {
  readonly core: Core
  readonly closed: Promise<void>
  /** Sends bytes beside the calls; null where they travel by HTTP. */
  readonly sendBytes: SendBytes | null
}

/**
 * There is no core behind this window: `info` says why, and the shell may start another. Unauthorized: there is one, which
 * does not know this window.
 */
export class CoreStopped extends Error {
  readonly info: ErrorInfo

  constructor(info: ErrorInfo) {
    super(info.message)
    this.info = info
  }
}

/** The object that a shell with a message port puts on the window; the port arrives as a message `shellMessages.port`. */
interface PortBridge {
  requestPort(): void
  /** Starts the core again after it ended; the next port is one to the new core. */
  restartCore(): void
  /** Where a file lies that the user gave; empty for one that is in memory only. */
  pathOf(file: File): Promise<string>
}

declare global {
  interface Window {
    readonly sightlineBridge?: PortBridge
  }
}

const OPEN_TIMEOUT_MS = 10_000

function openPort(bridge: PortBridge): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(() => reject(new Error(t`The core did not answer`))), OPEN_TIMEOUT_MS)
    const finish = (settle: () => void): void => {
      clearTimeout(timer)
      window.removeEventListener('message', onMessage)
      settle()
    }
    const onMessage = (event: MessageEvent): void => {
      const stopped = stoppedCore(event.data)
      if (stopped) return finish(() => reject(new CoreStopped(stopped)))
      const port = event.ports[0]
      if (event.data !== shellMessages.port || !port) return
      const closed = new Promise<void>((done) => port.addEventListener('close', () => done(), { once: true }))
      const core: Core = createORPCClient(new PortLink({ port: callsOnly(port) }))
      const sendBytes = bytesOver(port, closed)
      port.start()
      finish(() => resolve({ core, closed, sendBytes }))
    }
    window.addEventListener('message', onMessage)
    bridge.requestPort()
  })
}

/** Why there is no core, from a message of the shell that says so; null: another message. */
function stoppedCore(data: unknown): ErrorInfo | null {
  const message = data as { type?: unknown; error?: unknown } | null
  return message?.type === shellMessages.stopped ? (ErrorInfo.safeParse(message.error).data ?? null) : null
}

/** The port as the calls of the contract see it: their messages are text or bytes. */
const callsOnly = (port: MessagePort) => ({
  postMessage: (message: unknown) => port.postMessage(message),
  onMessage: {
    addListener: (listener: (message: unknown) => void) =>
      port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
        if (typeof data === 'string' || data instanceof Uint8Array) listener(data)
      }),
  },
  onDisconnect: { addListener: (listener: () => void) => port.addEventListener('close', listener) },
})

/**
 * Sends bytes over the port beside the calls. They are cloned: Electron loses a message that transfers an ArrayBuffer.
 * Rejects with what the core says, and with `Interrupted` when it goes or the signal aborts.
 */
function bytesOver(port: MessagePort, closed: Promise<void>): SendBytes {
  const waiting = new Map<number, { resolve: (stored: StoredFile | null) => void; reject: (error: AppError) => void }>()
  let last = 0
  let isClosed = false
  port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    const answer = PostAnswer.safeParse(data).data
    if (!answer) return
    const sent = waiting.get(answer.post)
    waiting.delete(answer.post)
    if ('error' in answer) sent?.reject(AppError.from(answer.error))
    else sent?.resolve(answer.stored)
  })
  void closed.then(() => {
    isClosed = true
    for (const sent of waiting.values()) sent.reject(connectionLost())
    waiting.clear()
  })
  return (address, body, signal) =>
    new Promise((resolve, reject) => {
      if (isClosed || signal?.aborted) return reject(connectionLost())
      const post = ++last
      const abandon = (): void => {
        if (!waiting.delete(post)) return
        port.postMessage({ abandon: post } satisfies Post)
        reject(connectionLost())
      }
      const settled = (): void => signal?.removeEventListener('abort', abandon)
      signal?.addEventListener('abort', abandon, { once: true })
      waiting.set(post, {
        resolve: (stored) => (settled(), resolve(stored)),
        reject: (error) => (settled(), reject(error)),
      })
      port.postMessage({ post, address, body } satisfies Post)
    })
}

function openSocket(): Promise<Channel> {
  const address = new URL('/rpc', window.location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  const websocket = new WebSocket(address)
  const core: Core = createORPCClient(new SocketLink({ websocket }))
  const closed = new Promise<void>((done) => websocket.addEventListener('close', () => done(), { once: true }))
  return new Promise((resolve, reject) => {
    websocket.addEventListener('open', () => resolve({ core, closed, sendBytes: null }), { once: true })
    void closed.then(async () => reject(await whyRefused()))
  })
}

/** Why a socket did not open: a core that was started anew does not know this window. */
async function whyRefused(): Promise<Error> {
  const answer = await fetch('/').catch(() => null)
  if (answer?.status !== 401) return new Error(t`The core cannot be reached`)
  const message = t`Sightline was started again since this window was opened. Open the address that it printed then.`
  return new CoreStopped({ code: 'Unauthorized', message })
}

/** Opens a connection over whatever the page was given: a message port, else a WebSocket to its own origin. */
export const openChannel = (): Promise<Channel> =>
  window.sightlineBridge ? openPort(window.sightlineBridge) : openSocket()

/** `connecting`: never open so far. `lost`: was open, or the first attempts failed; being opened again. */
export type ConnectionState = 'connecting' | 'open' | 'lost'

/** Waiting time before attempt `failures` + 1 in ms: 250 ms doubling up to 5 s. */
export const backOff = (failures: number): number => Math.min(5_000, 250 * 2 ** failures)

/** How the connection is. `stopped`: the shell says why there is no core; null: nothing is known of that. */
export interface ConnectionStatus {
  readonly state: ConnectionState
  readonly stopped: ErrorInfo | null
}

/** The core over a channel that is open. `closed` aborts once the channel can carry no more calls. */
export interface OpenCore {
  readonly core: Core
  readonly closed: AbortSignal
  readonly sendBytes: SendBytes | null
}

/** A connection that comes back. */
export interface Connection {
  readonly store: StoreApi<ConnectionStatus>
  /** Tries to connect now, without waiting for the next attempt. */
  retry(): void
  /** The core as soon as there is a connection. Rejects with `Interrupted` when `signal` aborts. */
  ready(signal: AbortSignal): Promise<OpenCore>
}

/**
 * Keeps one channel open: opens it, and opens another one, with back-off, whenever it closes.
 *
 * @param open Opens one channel; rejects when it cannot.
 * @param wait Waits the given ms; tests replace it.
 */
export function createConnection(
  open: () => Promise<Channel>,
  wait: (ms: number) => Promise<void> = (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
): Connection {
  const store = createStore<ConnectionStatus>(() => ({ state: 'connecting', stopped: null }))
  let hurry = (): void => {}
  let opened = Promise.withResolvers<OpenCore>()

  const run = async (): Promise<never> => {
    for (let failures = 0; ; ) {
      try {
        const { core, sendBytes, closed } = await open()
        failures = 0
        const ended = new AbortController()
        store.setState({ state: 'open', stopped: null })
        opened.resolve({ core, sendBytes, closed: ended.signal })
        await closed
        opened = Promise.withResolvers()
        store.setState({ state: 'lost' })
        ended.abort()
      } catch (error) {
        failures += 1
        const stopped = error instanceof CoreStopped ? error.info : null
        if (stopped || failures >= 3) store.setState({ state: 'lost', stopped })
      }
      await Promise.race([wait(backOff(failures)), new Promise<void>((resolve) => (hurry = resolve))])
    }
  }
  void run()

  return {
    store,
    retry: () => hurry(),
    async ready(signal) {
      try {
        return await unlessAborted(opened.promise, signal)
      } catch {
        throw connectionLost()
      }
    },
  }
}
