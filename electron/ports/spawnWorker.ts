import { join } from 'node:path'
import { utilityProcess } from 'electron'
import type { SpawnWorker, WorkerName } from '../../main/ports.ts'

const titles: Record<WorkerName, string> = { engine: 'Sightline engine', media: 'Sightline pictures' }

/** Starts workers as Electron utility processes from the built entries in `folder`. */
export function utilityWorkers(folder: string): SpawnWorker {
  return (name) => {
    const child = utilityProcess.fork(join(folder, `${name}.js`), [], { serviceName: titles[name], stdio: 'inherit' })
    let running = true
    child.once('exit', () => {
      running = false
    })
    return {
      get pid() {
        return child.pid
      },
      send: (message) => {
        if (running) child.postMessage(message)
      },
      onMessage: (listener) => void child.on('message', listener),
      onExit: (listener) => void child.once('exit', (code) => listener({ code, signal: null })),
      // `kill` is SIGTERM; a worker in the middle of native code would not hear it.
      kill: () => endNow(child.pid),
    }
  }
}

function endNow(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    return
  }
}
