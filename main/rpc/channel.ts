/**
 * A two-way message line to one client, whatever carries it. `send` may return a promise that settles when the line
 * can take more: streams wait for it, so a slow client costs itself and nobody else.
 */
export interface Channel {
  send(message: string | Uint8Array): void | Promise<void>
  onMessage(listener: (message: string | Uint8Array) => void): void
  /** Called once when the other side is gone. */
  onClose(listener: () => void): void
  close(): void
}

/** The part of a `ws` WebSocket that a channel needs. */
export interface WebSocketLike {
  send(data: string | Uint8Array, done: (error?: Error | null) => void): void
  on(event: 'message', listener: (data: Uint8Array | ArrayBuffer | Uint8Array[], isBinary: boolean) => void): unknown
  on(event: 'close' | 'error', listener: () => void): unknown
  close(): void
}

/** A channel over a `ws` WebSocket whose handshake has already been checked. `send` settles when the socket took the bytes. */
export function webSocketChannel(socket: WebSocketLike): Channel {
  // Without a listener an 'error' event would end the process; 'close' follows it.
  socket.on('error', () => {})
  return {
    send: (message) =>
      new Promise((resolve, reject) => socket.send(message, (error) => (error ? reject(error) : resolve()))),
    onMessage: (listener) =>
      void socket.on('message', (data, isBinary) => {
        const bytes = Array.isArray(data) ? Buffer.concat(data) : new Uint8Array(data)
        listener(isBinary ? bytes : new TextDecoder().decode(bytes))
      }),
    onClose: (listener) => void socket.on('close', listener),
    close: () => socket.close(),
  }
}

/** A web or Node `MessagePort`: an event target. */
interface EventTargetPort {
  postMessage(message: string | Uint8Array): void
  addEventListener(event: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(event: 'close', listener: () => void): void
  start?(): void
  close(): void
}

/** Electron's `MessagePortMain`: an event emitter. */
interface EmitterPort {
  postMessage(message: string | Uint8Array): void
  on(event: 'message', listener: (event: { data: unknown }) => void): unknown
  on(event: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

export type MessagePortLike = EventTargetPort | EmitterPort

/** A channel over a message port. The port is started here; messages of another type than text or bytes are dropped. */
export function messagePortChannel(port: MessagePortLike): Channel {
  return {
    send: (message) => port.postMessage(message),
    onMessage: (listener) => {
      const receive = ({ data }: { data: unknown }) => {
        if (typeof data === 'string' || data instanceof Uint8Array) listener(data)
      }
      if ('addEventListener' in port) port.addEventListener('message', receive)
      else port.on('message', receive)
      port.start?.()
    },
    onClose: (listener) =>
      'addEventListener' in port ? port.addEventListener('close', listener) : void port.on('close', listener),
    close: () => port.close(),
  }
}

/** Two channels joined to each other in memory; messages arrive in order, never within the sender's own call. */
export function memoryChannels(): [Channel, Channel] {
  const closeListeners: (() => void)[] = []
  let open = true
  const close = () => {
    if (!open) return
    open = false
    for (const listener of closeListeners) queueMicrotask(listener)
  }
  const inboxes: [((message: string | Uint8Array) => void)[], ((message: string | Uint8Array) => void)[]] = [[], []]
  const end = (own: 0 | 1): Channel => ({
    send: (message) => {
      if (!open) throw new Error('The channel is closed.')
      queueMicrotask(() => {
        if (open) for (const listener of inboxes[own === 0 ? 1 : 0]) listener(message)
      })
    },
    onMessage: (listener) => void inboxes[own].push(listener),
    onClose: (listener) => void closeListeners.push(listener),
    close,
  })
  return [end(0), end(1)]
}
