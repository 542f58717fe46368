/**
 * Preloaded into utility processes: turns Node's channel to the parent into Electron's `process.parentPort`, with message
 * ports that the parent hands on, and takes Node's own away.
 */
import { EventEmitter } from 'node:events'
import type { FromUtility, ToUtility } from './utilityProcess.ts'

const nodeSend = process.send?.bind(process)
process.send = undefined
const send = (message: FromUtility): void => void nodeSend?.(message, () => {})

/** One end of a message channel in this process. What comes waits until `start`, as in Electron, also its end (null). */
class HandedPort extends EventEmitter {
  private waiting: ({ readonly data: unknown } | null)[] | null = []
  private readonly id: number

  constructor(id: number) {
    super()
    this.id = id
  }

  postMessage(data: unknown): void {
    if (ports.has(this.id)) send({ kind: 'port', id: this.id, data })
  }

  start(): void {
    const waiting = this.waiting ?? []
    this.waiting = null
    for (const arriving of waiting) this.arrive(arriving)
  }

  close(): void {
    if (!ports.delete(this.id)) return
    send({ kind: 'closed', id: this.id })
    setImmediate(() => this.emit('close'))
  }

  arrive(arriving: { readonly data: unknown } | null): void {
    if (this.waiting) this.waiting.push(arriving)
    else if (arriving) this.emit('message', { data: arriving.data, ports: [] })
    else setImmediate(() => this.emit('close'))
  }
}

const ports = new Map<number, HandedPort>()
const parentPort = new EventEmitter()
const early: object[] = []

process.on('message', (message: ToUtility) => {
  if (message.kind === 'port') ports.get(message.id)?.arrive({ data: message.data })
  else if (message.kind === 'closed') {
    const port = ports.get(message.id)
    ports.delete(message.id)
    port?.arrive(null)
  } else {
    const handed = message.ports.map((id) => new HandedPort(id))
    message.ports.forEach((id, index) => ports.set(id, handed[index]!))
    const event = { data: message.data, ports: handed }
    if (parentPort.listenerCount('message') > 0) parentPort.emit('message', event)
    else early.push(event)
  }
})

Object.defineProperty(process, 'parentPort', {
  value: {
    postMessage: (data: unknown) => send({ kind: 'message', data }),
    on(_event: 'message', listener: (event: object) => void) {
      parentPort.on('message', listener)
      for (const event of early.splice(0)) listener(event)
    },
  },
})
process.once('disconnect', () => process.exit())
