import type { TransferPort } from './remote.ts'

/** How a worker talks to the core, whatever started it. Messages are structured-cloned: typed arrays travel as they are. */
export interface WorkerChannel {
  send(message: unknown): void
  /** Messages that came before the first listener are kept for it. */
  onMessage(listener: (message: unknown) => void): void
}

/** The part of Electron's `process.parentPort` that is used here. */
interface ParentPort {
  on(event: 'message', listener: (event: { ports: readonly TransferPort[] }) => void): void
}

/**
 * A terminal, or the end of a session, signals every process of the app. The one that was started by its user decides when the
 * others end: what runs is stored first.
 */
export function outliveSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})
}

/**
 * The channel of the running worker process to the core: under Electron's `utilityProcess` a message port that the main
 * process hands on, under `child_process.fork` `process.send`. A worker ends with the process that it works for, also when
 * that was killed, and not by a signal of a terminal. Throws when the process was started by neither.
 */
export function workerChannel(): WorkerChannel {
  outliveSignals()
  const { parentPort } = process as typeof process & { parentPort?: ParentPort }
  if (parentPort) return handedChannel(parentPort)
  if (!process.send) throw new Error('A worker must be started by the app: this process has no parent to talk to.')
  process.once('disconnect', () => process.exit())
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, () => {})
    },
    onMessage: (listener) => void process.on('message', listener),
  }
}

/** The channel over the first port that comes; what is sent before waits for it. */
function handedChannel(parentPort: ParentPort): WorkerChannel {
  const { promise: handed, resolve } = Promise.withResolvers<TransferPort>()
  let port: TransferPort | null = null
  let waiting: unknown[] = []
  parentPort.on('message', ({ ports: [first] }) => {
    if (!first || port) return
    port = first
    port.on('close', () => process.exit())
    for (const message of waiting) port.postMessage(message)
    waiting = []
    resolve(port)
  })
  return {
    send: (message) => {
      if (port) port.postMessage(message)
      else waiting.push(message)
    },
    onMessage: (listener) =>
      void handed.then((port) => {
        port.on('message', ({ data }) => listener(data))
        port.start()
      }),
  }
}
