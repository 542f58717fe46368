import { inRequest, lineOf } from '../../lib/log/index.ts'
import type { FileLog } from '../../lib/log/index.ts'
import type { SpawnWorker, WorkerProcess } from '../../ports.ts'

/** Starts workers as `spawn` does, logs each start and end with its reason, and writes the lines that workers send. */
export function loggedWorkers(spawn: SpawnWorker, log: Pick<FileLog, 'info' | 'error' | 'write'>): SpawnWorker {
  return (name) => {
    const worker = spawn(name)
    const started = performance.now()
    const exitListeners: Parameters<WorkerProcess['onExit']>[0][] = []
    let isKilled = false
    log.info('process.started', { process: name, pid: worker.pid ?? null })
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
