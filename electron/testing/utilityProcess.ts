import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Listeners } from './listeners.ts'
import type { Surface, UtilityProcessSurface } from './surface.ts'

const parentPort = fileURLToPath(new URL('./parentPort.ts', import.meta.url))

class StandInUtilityProcess extends Listeners implements UtilityProcessSurface {
  private readonly child: ChildProcess

  constructor(child: ChildProcess) {
    super()
    this.child = child
    child.on('message', (message) => this.tell('message', message))
    child.once('spawn', () => this.tell('spawn'))
    child.once('exit', (code) => this.tell('exit', code ?? 1))
  }

  get pid(): number | undefined {
    return this.child.exitCode === null && this.child.signalCode === null ? this.child.pid : undefined
  }

  postMessage(message: unknown): void {
    this.child.send(message as object, () => {})
  }

  kill(): boolean {
    return this.child.kill()
  }
}

/** Utility processes as plain Node children that find Electron's `process.parentPort` in place of `process.send`. */
export const utilityProcess: Surface['utilityProcess'] = {
  fork: (modulePath, args = []) =>
    new StandInUtilityProcess(
      fork(modulePath, args, {
        serialization: 'advanced',
        execArgv: ['--import', parentPort],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    ),
}
