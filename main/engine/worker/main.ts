import { inRequest, nativeLine, workerLog } from '../../lib/log/log.ts'
import type { Log } from '../../lib/log/log.ts'
import { workerChannel } from '../../lib/workerChannel.ts'
import { MAX_STATE_BYTES } from '../cache/diskCache.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { ModelHost } from './modelHost.ts'
import { perform } from './perform.ts'
import { Scheduler } from './scheduler.ts'
import type { Job } from './scheduler.ts'

const NOT_LOGGED: readonly Job['op'][] = ['count', 'probe']

/** What the log tells of the engine process: each piece of work with its time and its end, loads with their plan, devices. */
export class WorkLog {
  private readonly log: Log
  private readonly begun = new Map<number, { op: Job['op']; at: number }>()

  constructor(log: Log) {
    this.log = log
  }

  /** A request came in. */
  received({ id, op }: Job): void {
    this.begun.set(id, { op, at: performance.now() })
  }

  /** The process told the core something. */
  sent(message: FromWorker): void {
    const { log } = this
    switch (message.type) {
      case 'probing':
        return log.info('backend.tried', { variant: message.variant })
      case 'unusable':
        return log.warn('backend.skipped', { variant: message.skipped.variant })
      case 'started':
        return log.info('backend.ready', {
          release: message.release,
          backend: message.backend,
          devices: message.devices.length,
        })
      case 'planned': {
        const { gpuLayers, layers, contextTokens, visionDevice, total, parts } = message.plan
        const free = parts.map(({ device, total: needed, free }) => `${device} ${needed} of ${free}`)
        return log.info('plan', { gpuLayers, layers, contextTokens, visionDevice, total, parts: free })
      }
      case 'loaded':
        return log.info('model.loaded', { contextTokens: message.contextTokens, ...message.vision })
      case 'unloaded':
        return log.info('model.unloaded')
      case 'done':
      case 'failed':
        return this.ended(message)
    }
  }

  private ended(message: Extract<FromWorker, { type: 'done' | 'failed' }>): void {
    const work = this.begun.get(message.id)
    if (!work) return
    this.begun.delete(message.id)
    const told = { op: work.op, ms: Math.round(performance.now() - work.at) }
    if (message.type === 'done') {
      if (!NOT_LOGGED.includes(work.op) || told.ms > 40) this.log.info('work', told)
    } else if (message.error.code === 'Interrupted') this.log.info('work.stopped', told)
    else this.log.warn('work.failed', { ...told, code: message.error.code })
  }
}

/** How often this process reports its memory while a model is loaded, ms. */
const MEMORY_MS = 10_000

/** The engine process: does one job after the other; cancelling and counting get through at any time. */
const channel = workerChannel()
const log = workerLog(channel, 'engine')
const workLog = new WorkLog(log)
const send = (message: FromWorker) => {
  workLog.sent(message)
  channel.send(message)
}
const host = new ModelHost(
  send,
  (level, text) => inRequest(scheduler.request, () => log[level]('llama', { line: nativeLine(text) })),
  {
    unsaved: (why) => log.warn('state.unsaved', { why, ...(why === 'full' && { most: MAX_STATE_BYTES }) }),
    entered: ({ tokens, wanted, why }) => log.info('state.entered', { tokens, wanted, why }),
  },
)
const scheduler: Scheduler = new Scheduler(host, send, (job, running) =>
  perform(job, running, { host, scheduler, send }),
)

setInterval(() => host.sendMemory(), MEMORY_MS).unref()

channel.onMessage((message) => {
  const received = message as ToWorker
  inRequest(received.requestId, () => {
    if (received.op === 'configure') host.configure(received)
    else if (received.op === 'cancel') scheduler.cancel(received.id)
    else {
      workLog.received(received)
      scheduler.add(received)
    }
  })
})
