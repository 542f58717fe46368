import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { Listeners } from './listeners.ts'
import type { MessagePortSurface, Surface, UtilityProcessSurface } from './surface.ts'

/** What comes to a port: a message, or the end of the other port (null), which comes after all that it sent. */
type Arriving = { readonly data: unknown } | null

/**
 * One end of a message channel in the main process. As with Electron's, what comes waits until `start`, what was sent before the
 * other end closed still comes, and sending from or to an end that has closed or was handed on does nothing.
 */
export class StandInPort extends Listeners implements MessagePortSurface {
  /** null: this port was handed on, and is one no more. */
  other: StandInPort | null = null
  private waiting: Arriving[] | null = []
  private open = true

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message)
    if (this.open) queueMicrotask(() => this.other?.arrive({ data }))
  }

  start(): void {
    const waiting = this.waiting ?? []
    this.waiting = null
    for (const arriving of waiting) this.arrive(arriving)
  }

  close(): void {
    if (!this.end()) return
    queueMicrotask(() => this.other?.arrive(null))
  }

  /** This end as another process gets it. */
  handOn(): StandInPort {
    const { other } = this
    if (!other) throw new Error('Port at index 0 is already neutered.')
    const handed = new StandInPort()
    Object.assign(handed, { other, waiting: this.waiting ?? [], open: this.open })
    other.other = handed
    this.other = null
    return handed
  }

  private arrive(arriving: Arriving): void {
    if (this.waiting) this.waiting.push(arriving)
    else if (!arriving) this.end()
    else if (this.open) this.tell('message', { data: arriving.data, ports: [] })
  }

  /** False when it had ended before. */
  private end(): boolean {
    if (!this.open) return false
    this.open = false
    queueMicrotask(() => this.tell('close'))
    return true
  }
}

/** Two ports that are joined. */
export class MessageChannelMain {
  readonly port1 = new StandInPort()
  readonly port2 = new StandInPort()

  constructor() {
    this.port1.other = this.port2
    this.port2.other = this.port1
  }
}

/** What travels to a utility process: messages with the ports that come with them, and messages of these ports. */
export type ToUtility =
  | { kind: 'message'; data: unknown; ports: number[] }
  | { kind: 'port'; id: number; data: unknown }
  | { kind: 'closed'; id: number }
export type FromUtility = Exclude<ToUtility, { kind: 'message' }> | { kind: 'message'; data: unknown }

const parentPort = fileURLToPath(new URL('./parentPort.ts', import.meta.url))

class StandInUtilityProcess extends Listeners implements UtilityProcessSurface {
  private readonly child: ChildProcess
  private readonly ports = new Map<number, StandInPort>()
  private lastPort = 0
  private spawned = false
  private running = true
  private killed = false

  constructor(child: ChildProcess) {
    super()
    this.child = child
    child.on('message', (message: FromUtility) => {
      if (message.kind === 'message') this.tell('message', message.data)
      else if (message.kind === 'port') this.ports.get(message.id)?.postMessage(message.data)
      else this.ports.get(message.id)?.close()
    })
    child.once('spawn', () => {
      this.spawned = true
      this.tell('spawn')
    })
    // Also after the last message has been read.
    child.once('close', (code, signal) => {
      // How Node ends when V8 cannot go on; as in Electron an `error` that nobody hears is thrown.
      if (signal === 'SIGABRT') this.tell('error', 'FatalError', 'Heap::FatalProcessOutOfMemory', '{}')
      this.running = false
      for (const port of this.ports.values()) port.close()
      this.tell('exit', this.exitCode(code, signal))
    })
  }

  /** As in Electron, not there before the process is. */
  get pid(): number | undefined {
    return this.spawned && this.running ? this.child.pid : undefined
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    if (!this.running) return
    const ports = (transfer as StandInPort[]).map((port) => this.hand(port.handOn()))
    this.send({ kind: 'message', data, ports })
  }

  kill(): boolean {
    return (this.killed = this.child.kill())
  }

  /** As Electron tells it: the number of the signal that ended the process, and 0 where `kill` was what sent it. */
  private exitCode(code: number | null, signal: NodeJS.Signals | null): number {
    if (signal === null) return code ?? 1
    return this.killed && (signal === 'SIGTERM' || signal === 'SIGKILL') ? 0 : constants.signals[signal]
  }

  /** Carries a port's messages to the process from now on. */
  private hand(port: StandInPort): number {
    const id = ++this.lastPort
    this.ports.set(id, port)
    port.on('message', ({ data }: { data: unknown }) => this.send({ kind: 'port', id, data }))
    port.on('close', () => {
      this.ports.delete(id)
      this.send({ kind: 'closed', id })
    })
    port.start()
    return id
  }

  private send(message: ToUtility): void {
    if (this.running && this.child.connected) this.child.send(message, () => {})
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
