import type { Remote } from '../../main/lib/remote.ts'
import type { TransferPort } from '../../main/lib/remote.ts'
import type { SpawnWorker } from '../../main/ports.ts'
import type { ShellPorts, WorkerExit } from './link.ts'

/** The last messages of a process that ended are waited for this long, in ms: they come another way than its end. */
const LAST_MESSAGES_MS = 1_000

/** Starts workers through the main process. They are there at once for the core; what is sent before they run waits. */
export function forkedWorkers(fork: Remote<ShellPorts>['forkWorker']): SpawnWorker {
  return (name) => {
    const { promise: exit, resolve: ended } = Promise.withResolvers<WorkerExit>()
    const listeners: ((message: unknown) => void)[] = []
    let waiting: unknown[] | null = []
    let pid: number | undefined
    let port: TransferPort | null = null
    let running = true
    const { promise: lineEnded, resolve: endLine } = Promise.withResolvers<void>()

    const forked = fork(name, (how) => {
      if (!port) return ended(how)
      void lineEnded.then(() => ended(how))
      setTimeout(ended, LAST_MESSAGES_MS, how).unref()
    })
    forked.then(
      (worker) => {
        ;({ pid, port } = worker)
        port.on('message', ({ data }) => {
          for (const listener of listeners) listener(data)
        })
        port.on('close', endLine)
        port.start()
        for (const message of waiting ?? []) port.postMessage(message)
        waiting = null
      },
      () => ended({ code: null, signal: null }),
    )
    void exit.then(() => {
      running = false
      port?.close()
    })
    return {
      get pid() {
        return pid
      },
      started: forked.then(
        (worker) => worker.pid ?? null,
        () => null,
      ),
      send(message) {
        if (!running) return
        if (waiting) waiting.push(message)
        else port?.postMessage(message)
      },
      onMessage: (listener) => void listeners.push(listener),
      onExit: (listener) => void exit.then(listener),
      kill: () => void forked.then((worker) => worker.kill()).catch(() => {}),
    }
  }
}
