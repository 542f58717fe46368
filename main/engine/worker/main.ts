import { inRequest, nativeLine, workerLog } from '../../lib/log/index.ts'
import { workerChannel } from '../../lib/workerChannel.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { ModelHost } from './modelHost.ts'
import { probe } from './native/cpuSpeed.ts'
import { perform } from './perform.ts'
import { Turns } from './turns.ts'
import { WorkLog } from './workLog.ts'

/** How often the core is told of this process's memory while a model is loaded, ms. */
const MEMORY_MS = 10_000

/** The engine process: takes one request after the other; cancelling and counting get through at any time. */
const channel = workerChannel()
const log = workerLog(channel, 'engine')
const workLog = new WorkLog(log)
const say = (message: FromWorker) => {
  workLog.sent(message)
  channel.send(message)
}
const host = new ModelHost(say, (level, text) =>
  inRequest(turns.request, () => log[level]('llama', { line: nativeLine(text) })),
)
const turns: Turns = new Turns(host, say, (work, turn) => perform(work, turn, { host, turns, say }))

// Ctrl+C in a terminal reaches every process of the group; the core decides when this one ends
process.on('SIGINT', () => {})

setInterval(() => host.tellMemory(), MEMORY_MS).unref()

channel.onMessage((message) => {
  const work = message as ToWorker
  inRequest(work.requestId, () => receive(work))
})

function receive(work: ToWorker): void {
  const { runtime, session } = host
  if (work.op !== 'configure' && work.op !== 'cancel') workLog.received(work)
  if (work.op === 'configure') host.configure(work)
  else if (work.op === 'cancel') turns.cancel(work.id)
  else if (work.op === 'count' && session && host.isLoaded(work.request.model))
    void turns.finish(work.id, host.beside(session.count(work.request)))
  // beside what computes its speed cannot be measured
  else if (work.op === 'probe' && runtime && (turns.isBusy || work.cpuBytesPerSecond !== null))
    void turns.finish(work.id, probe(runtime, work.cpuBytesPerSecond ?? 0))
  // before what waits: it takes no time worth mentioning
  else if (work.op === 'probe') turns.addFirst(work)
  else turns.add(work)
}
