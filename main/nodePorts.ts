import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { userFolders } from './browserShell/folders.ts'
import type { SpawnWorker, WorkerName } from './ports.ts'

const entries: Record<WorkerName, URL> = {
  engine: new URL('./engine/worker/main.ts', import.meta.url),
  media: new URL('./services/media/process/worker.ts', import.meta.url),
}

/** Starts workers with `child_process.fork`: the browser shell's and the command line's way. */
export const forkWorker: SpawnWorker = (name) => {
  const child = fork(fileURLToPath(entries[name]), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    pid: child.pid,
    started: Promise.resolve(child.pid ?? null),
    send: (message) => {
      if (child.connected) child.send(message as object, () => {})
    },
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => {
      let hasEnded = false
      const end = (code: number | null, signal: string | null) => {
        if (hasEnded) return
        hasEnded = true
        listener({ code, signal })
      }
      child.once('exit', end)
      child.once('error', () => end(null, null))
    },
    kill: () => void child.kill('SIGKILL'),
  }
}

/** The folder of the app's read-only files in a source checkout; SIGHTLINE_RESOURCES names another one, for tests. */
export const resourcesPath =
  process.env['SIGHTLINE_RESOURCES'] ?? fileURLToPath(new URL('../resources', import.meta.url))

/** Ports without a window: what the command line needs. */
export function headlessPorts(): { spawnWorker: SpawnWorker; paths: { resources: string; cache: string } } {
  return { spawnWorker: forkWorker, paths: { resources: resourcesPath, cache: userFolders().cache } }
}
