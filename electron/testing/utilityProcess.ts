import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Listeners } from './listeners.ts'
import type { MessagePortSurface, Surface, UtilityProcessSurface } from './surface.ts'

/** One end of a message channel in the main process. Messages wait until `start`, as in Electron. */
export class StandInPort extends Listeners implements MessagePortSurface {
  other: StandInPort | null = null
  private waiting: unknown[] | null = []
  private open = true

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message)
    queueMicrotask(() => this.other?.receive(data))
  }

  start(): void {
    const waiting = this.waiting ?? []
    this.waiting = null
    for (const data of waiting) this.tell('message', { data, ports: [] })
  }

  close(): void {
    if (!this.open) return
    this.open = false
    queueMicrotask(() => this.tell('close'))
    this.other?.close()
  }

  private receive(data: unknown): void {
    if (!this.open) return
    if (this.waiting) this.waiting.push(data)
    else this.tell('message', { data, ports: [] })
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
      this.running = false
      for (const port of this.ports.values()) port.close()
      // How Node ends when V8 cannot go on; as in Electron an `error` that nobody hears is thrown.
      if (signal === 'SIGABRT') this.tell('error', 'FatalError', 'Heap::FatalProcessOutOfMemory', '{}')
      this.tell('exit', code ?? 1)
    })
  }

  /** As in Electron, not there before the process is. */
  get pid(): number | undefined {
    return this.spawned && this.running ? this.child.pid : undefined
  }

  postMessage(data: unknown, transfer: readonly unknown[] = []): void {
    const ports = (transfer as StandInPort[]).map((port) => this.hand(port))
    this.send({ kind: 'message', data, ports })
  }

  kill(): boolean {
    return this.child.kill()
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
