import { inRequest, nativeLine, workerLog } from '../../lib/log/index.ts'
import { workerChannel } from '../../lib/workerChannel.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { ModelHost } from './modelHost.ts'
import { perform } from './perform.ts'
import { Scheduler } from './scheduler.ts'
import { WorkLog } from './workLog.ts'

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
const host = new ModelHost(send, (level, text) =>
  inRequest(scheduler.request, () => log[level]('llama', { line: nativeLine(text) })),
)
const scheduler: Scheduler = new Scheduler(host, send, (job, running) =>
  perform(job, running, { host, scheduler, send }),
)

// Ctrl+C in a terminal reaches every process of the group; the core decides when this one ends
process.on('SIGINT', () => {})

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
