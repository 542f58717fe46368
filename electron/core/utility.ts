import { join } from 'node:path'
import { MessageChannelMain, utilityProcess } from 'electron'
import type { MessagePortMain, UtilityProcess } from 'electron'
import type { Log } from '../../main/lib/log/log.ts'
import type { Line, TransferPort } from '../../main/lib/remote.ts'
import type { WorkerName } from '../../main/ports.ts'
import type { ForkedWorker, WorkerExit } from './link.ts'

/** A utility process that is there or has ended. */
export interface Utility {
  readonly child: UtilityProcess
  /** Resolves once, when the process has ended or could not be started. `reason` is for a person. */
  readonly ended: Promise<{ readonly code: number; readonly reason: string }>
  /** Ends the process at once, also in the middle of native code. */
  kill(): void
}

/** Starts `entry` as a utility process and notes in the log that it runs, what V8 says against it, and how it ended. */
export function forkUtility(entry: string, name: string, log: Log): Utility {
  const child = utilityProcess.fork(entry, [], { serviceName: name, stdio: 'inherit' })
  const { promise: ended, resolve } = Promise.withResolvers<{ code: number; reason: string }>()
  let fatal: string | null = null
  let killed = false
  child.once('spawn', () => log.info('process.started', { process: name, pid: child.pid ?? null }))
  // Without a listener Electron throws this in the main process. The report is long and tells of the environment.
  child.on('error', (type, location) => {
    fatal = `${type} in ${location}`
    log.error('process.failed', { process: name, pid: child.pid ?? null, reason: fatal })
  })
  child.once('exit', (code) => {
    const reason = fatal ?? `exit code ${code}`
    log[code === 0 || killed ? 'info' : 'error']('process.ended', { process: name, code, reason, wasKilled: killed })
    resolve({ code, reason })
  })
  // `UtilityProcess.kill` is SIGTERM; native code that runs would not hear it.
  const kill = (): void => {
    killed = true
    if (child.pid === undefined) child.once('spawn', () => endNow(child.pid))
    else endNow(child.pid)
  }
  return { child, ended, kill }
}

/** The line to a utility process, over its own channel. */
export function utilityLine({ child, ended }: Utility): Line {
  let open = true
  void ended.then(() => (open = false))
  return {
    send: (message, ports) => {
      if (open) child.postMessage(message, ports as readonly TransferPort[] as MessagePortMain[])
    },
    // A utility process cannot hand on ports this way.
    onMessage: (listener) => void child.on('message', (message) => listener(message, [])),
    onClose: (listener) => void ended.then(listener),
  }
}

const titles: Record<WorkerName, string> = { engine: 'Sightline engine', media: 'Sightline pictures' }

/** The workers of the core, which Electron lets only the main process start. */
export interface Workers {
  fork(name: WorkerName, onExit: (exit: WorkerExit) => void): Promise<ForkedWorker>
  /** Ends all that run: their core is gone. */
  endAll(): void
}

/** Starts workers from the built entries in `folder`; each gets one end of a message channel, the core the other. */
export function utilityWorkers(folder: string, log: Log): Workers {
  const running = new Set<Utility>()
  return {
    async fork(name, onExit) {
      const worker = forkUtility(join(folder, `${name}.js`), titles[name], log)
      running.add(worker)
      const { port1, port2 } = new MessageChannelMain()
      worker.child.postMessage(null, [port1])
      void worker.ended.then(({ code }) => {
        running.delete(worker)
        onExit({ code, signal: null })
      })
      await Promise.race([new Promise<void>((resolve) => worker.child.once('spawn', resolve)), worker.ended])
      return { pid: worker.child.pid, port: port2 as TransferPort, kill: () => worker.kill() }
    },
    endAll: () => {
      for (const worker of running) worker.kill()
    },
  }
}

function endNow(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return // It has ended already.
  }
}
