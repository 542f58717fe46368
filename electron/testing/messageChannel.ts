import { Listeners } from './listeners.ts'
import type { MessagePortSurface } from './surface.ts'

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
