import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { AppError, ErrorInfo, PostAnswer, shellMessages, type Attachment, type Contract, type Post } from '#contract'
import { connectionLost } from './errors.ts'

/** The core as the window calls it, typed by the contract. */
export type Core = ContractRouterClient<Contract>

/** Sends bytes to an address of the core; resolves with what they were stored as, if that has a name. */
export type SendBytes = (
  address: string,
  body: Uint8Array<ArrayBuffer>,
  signal?: AbortSignal,
) => Promise<Attachment | null>

/** One open connection. `closed` resolves once, when it can carry no more calls. */
export interface Channel {
  readonly core: Core
  readonly closed: Promise<void>
  /** Sends bytes beside the calls; null where they travel by HTTP. */
  readonly sendBytes: SendBytes | null
}

/** There is no core behind this window: `info` says why, and the shell may start another. */
export class CoreStopped extends Error {
  readonly info: ErrorInfo

  constructor(info: ErrorInfo) {
    super(info.message)
    this.info = info
  }
}

/** The object that a shell with a message port puts on the window; the port arrives as a message `shellMessages.port`. */
export interface PortBridge {
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
    const timer = setTimeout(() => finish(() => reject(new Error('The core did not answer'))), OPEN_TIMEOUT_MS)
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
  const told = data as { type?: unknown; error?: unknown } | null
  return told?.type === shellMessages.stopped ? (ErrorInfo.safeParse(told.error).data ?? null) : null
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
  const waiting = new Map<number, { resolve: (stored: Attachment | null) => void; reject: (error: AppError) => void }>()
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
    void closed.then(() => reject(new Error('The core cannot be reached')))
  })
}

/** Opens a connection over whatever the page was given: a message port, else a WebSocket to its own origin. */
export const openChannel = (): Promise<Channel> =>
  window.sightlineBridge ? openPort(window.sightlineBridge) : openSocket()
