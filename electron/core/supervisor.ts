import { AppError, toErrorInfo } from '#contract'
import type { ErrorInfo } from '#contract'
import { errorFields } from '../../main/lib/log/log.ts'
import type { Log } from '../../main/lib/log/log.ts'
import { connectRemote } from '../../main/lib/remote.ts'
import type { Line, Remote } from '../../main/lib/remote.ts'
import type { CoreProcess, RunningCore, ShellPorts } from './link.ts'

/** How long the core may take to store what runs and to end its workers when the app quits, in ms. */
export const CLOSE_MS = 10_000
/** A core that is not there after so long is said to be missing, in ms; it may still come. */
export const START_MS = 30_000

/** The core's process as it is supervised. */
export interface CoreChild {
  readonly line: Line
  readonly ended: Promise<{ readonly reason: string }>
  kill(): void
}

export interface SupervisorParts {
  readonly fork: () => CoreChild
  readonly ports: ShellPorts
  readonly log: Log
  /** Called with each core that is up. */
  readonly onRunning: (core: Remote<RunningCore>) => void
  /** Called when a core ended that was up or starting: what main keeps for it goes. */
  readonly onEnded: () => void
}

/** The one core of the app, started again when its user wants it. */
export interface CoreSupervisor {
  /** The core once it is up. Rejects with an `AppError` that says why there is none, as long as nobody restarts it. */
  running(): Promise<Remote<RunningCore>>
  /** The core if it is up now. */
  readonly current: Remote<RunningCore> | null
  /** Starts another core in place of one that ended, does not come up or refused; nothing happens while one is up. */
  restart(): void
  /** Closes the core, or ends it after `CLOSE_MS`; every call waits for the same close. */
  close(): Promise<void>
}

/** Starts the core, and says what became of it. */
export function superviseCore(parts: SupervisorParts): CoreSupervisor {
  const { fork, ports, log, onRunning, onEnded } = parts
  let child: CoreChild | null = null
  let up: Promise<Remote<RunningCore>>
  let current: Remote<RunningCore> | null = null
  let failure: ErrorInfo | null = null
  let closing: Promise<void> | null = null

  function start(): void {
    const own = fork()
    child = own
    failure = null
    // The first reason is the one that says most: a process that dies also closes its line, one that refused is ended.
    let known = false
    const fail = (error: unknown): void => {
      if (child !== own || known) return
      known = true
      failure = toErrorInfo(error, 'StorageFailed')
    }
    const late = setTimeout(() => {
      log.error('core.late', { afterMs: START_MS })
      if (child === own) failure = stillAwaited('It has not come up yet. Wait a little longer, or restart it.')
    }, START_MS)
    up = connectRemote<CoreProcess>(own.line, { onDefect: (error) => log.error('port.failed', errorFields(error)) })
      .other.then((process) => process.start(ports))
      .finally(() => clearTimeout(late))
    up.then(
      (core) => {
        if (child !== own) return
        failure = null
        current = core
        onRunning(core)
      },
      (error: unknown) => {
        if (!known) log.error('core.refused', errorFields(error))
        fail(error)
        own.kill()
      },
    )
    void own.ended.then(({ reason }) => {
      if (child !== own) return
      current = null
      fail(new AppError('Interrupted', `Its process ended (${reason}).`, { reason }))
      if (!closing) onEnded()
    })
  }

  async function close(): Promise<void> {
    const own = child
    if (!own) return // It is ending already, for another one that will not be started.
    const closed = up
      .then((core) => core.close())
      .catch((error: unknown) => log.error('core.closeFailed', errorFields(error)))
    const inTime = await within(CLOSE_MS, Promise.race([closed, own.ended]))
    if (!inTime) log.error('core.endedByForce', { afterMs: CLOSE_MS })
    own.kill()
  }

  /** Ends `old`, which has the data folder until its end, and starts another one. */
  async function replace(old: CoreChild): Promise<Remote<RunningCore>> {
    old.kill()
    const hasEnded = await within(CLOSE_MS, old.ended)
    if (closing) throw new AppError('Interrupted', 'Sightline is closing.')
    if (!hasEnded) {
      log.error('core.doesNotEnd', { afterMs: CLOSE_MS })
      child = old
      const error = stillAwaited('The one before does not end. Restart it once more, or restart the computer.')
      failure = error
      throw AppError.from(error)
    }
    start()
    return up
  }

  start()
  return {
    running: () => (failure ? Promise.reject(AppError.from(failure)) : up),
    get current() {
      return current
    },
    restart() {
      if (current || closing || !failure || !child) return
      const old = child
      child = null // What still comes from it is of no interest any more.
      failure = null
      onEnded()
      up = replace(old)
      up.catch(() => {})
    },
    close: () => (closing ??= close()),
  }
}

const stillAwaited = (message: string): ErrorInfo => new AppError('Interrupted', message).toInfo()

/** Whether `done` settled within `ms`. */
async function within(ms: number, done: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)))
  const inTime = await Promise.race([done.then(() => true), late])
  clearTimeout(timer)
  return inTime
}
