import { createORPCClient } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '#contract'

/** The core as the window calls it, typed by the contract. */
export type Core = ContractRouterClient<Contract>

/** One open connection. `closed` resolves once, when it can carry no more calls. */
export interface Channel {
  readonly core: Core
  readonly closed: Promise<void>
}

/** The object that a shell with a message port puts on the window; the port arrives as a `sightline:port` message. */
export interface PortBridge {
  requestPort(): void
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
      const port = event.ports[0]
      if (event.data !== 'sightline:port' || !port) return
      const closed = new Promise<void>((done) => port.addEventListener('close', () => done(), { once: true }))
      const core: Core = createORPCClient(new PortLink({ port }))
      port.start()
      finish(() => resolve({ core, closed }))
    }
    window.addEventListener('message', onMessage)
    bridge.requestPort()
  })
}

function openSocket(): Promise<Channel> {
  const address = new URL('/rpc', window.location.href)
  address.protocol = address.protocol.replace('http', 'ws')
  const websocket = new WebSocket(address)
  const core: Core = createORPCClient(new SocketLink({ websocket }))
  const closed = new Promise<void>((done) => websocket.addEventListener('close', () => done(), { once: true }))
  return new Promise((resolve, reject) => {
    websocket.addEventListener('open', () => resolve({ core, closed }), { once: true })
    void closed.then(() => reject(new Error('The core cannot be reached')))
  })
}

/** Opens a connection over whatever the page was given: a message port, else a WebSocket to its own origin. */
export const openChannel = (): Promise<Channel> =>
  window.sightlineBridge ? openPort(window.sightlineBridge) : openSocket()
