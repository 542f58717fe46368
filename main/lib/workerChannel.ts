/** How a worker talks to the core, whatever started it. Messages are structured-cloned: typed arrays travel as they are. */
export interface WorkerChannel {
  send(message: unknown): void
  /** Messages that came before the first listener are kept for it. */
  onMessage(listener: (message: unknown) => void): void
}

/** The part of Electron's `process.parentPort` that is used here. */
interface ParentPort {
  postMessage(message: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

/**
 * The channel of the running worker process to its parent: `process.parentPort` under Electron's `utilityProcess`,
 * `process.send` under `child_process.fork`. A worker ends with its parent, also when the parent was killed.
 * Throws when the process was started by neither.
 */
export function workerChannel(): WorkerChannel {
  const { parentPort } = process as typeof process & { parentPort?: ParentPort }
  if (parentPort) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) => parentPort.on('message', (event) => listener(event.data)),
    }
  }
  if (!process.send) throw new Error('A worker must be started by the app: this process has no parent to talk to.')
  process.once('disconnect', () => process.exit())
  return {
    send: (message) => {
      if (process.connected) process.send?.(message, () => {})
    },
    onMessage: (listener) => void process.on('message', listener),
  }
}
