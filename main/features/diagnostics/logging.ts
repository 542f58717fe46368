import type { Engine, EngineState } from '../../engine/index.ts'
import { errorFields, inRequest, lineOf, newRequestId } from '../../lib/log/log.ts'
import type { FileLog, Log } from '../../lib/log/log.ts'
import type { SpawnWorker, WorkerProcess } from '../../ports.ts'

/**
 * `call` as a request of its own in the log, for what a shell asks of the core beside the contract: uploads and pictures.
 * Where there are many of them, those that succeed within `quietMs` are left out.
 */
export function loggedCall<A extends unknown[], R>(
  log: Log,
  procedure: string,
  call: (...args: A) => Promise<R>,
  quietMs = -1,
): (...args: A) => Promise<R> {
  return (...args) =>
    inRequest(newRequestId(), async () => {
      const started = performance.now()
      try {
        const result = await call(...args)
        const ms = Math.round(performance.now() - started)
        if (ms > quietMs) log.info('call', { procedure, ms })
        return result
      } catch (error) {
        log.warn('call.failed', { procedure, ...errorFields(error) })
        throw error
      }
    })
}

/** Starts workers as `spawn` does, logs each start and end with its reason, and writes the lines that workers send. */
export function loggedWorkers(spawn: SpawnWorker, log: Pick<FileLog, 'info' | 'error' | 'write'>): SpawnWorker {
  return (name) => {
    const worker = spawn(name)
    const started = performance.now()
    const exitListeners: Parameters<WorkerProcess['onExit']>[0][] = []
    let isKilled = false
    // the desktop shell knows the number only once its main process has started the worker
    void worker.started.then((pid) => inRequest(null, () => log.info('process.started', { process: name, pid })))
    // what a process says or how it ends is no part of the request that happened to start it
    worker.onExit((exit) =>
      inRequest(null, () => {
        const { code, signal } = exit
        const seconds = Math.round((performance.now() - started) / 1000)
        const tell = isKilled || code === 0 ? log.info : log.error
        tell('process.ended', { process: name, code, signal, wasKilled: isKilled, seconds })
        for (const listener of exitListeners) listener(exit)
      }),
    )
    return {
      get pid() {
        return worker.pid
      },
      started: worker.started,
      send: (message) => worker.send(message),
      onMessage: (listener) =>
        worker.onMessage((message) => {
          const line = lineOf(message)
          if (line) log.write(line)
          else inRequest(null, () => listener(message))
        }),
      onExit: (listener) => void exitListeners.push(listener),
      kill() {
        isKilled = true
        worker.kill()
      },
    }
  }
}

/** Logs every change of the engine's state, with the code of what ended or failed; returns how to stop it. */
export function logEngine(engine: Engine, log: Log): () => void {
  let last: EngineState['state'] = engine.state.state
  return engine.onState(({ state, error, residentBytes = null }) => {
    if (state === last) return
    last = state
    const tell = state === 'failed' || state === 'restarting' ? log.warn : log.info
    tell('engine.state', { state, ...(error && { code: error.code }), residentBytes })
  })
}
