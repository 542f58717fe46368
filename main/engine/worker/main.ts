import { workerChannel } from '../../lib/workerChannel.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { Aborted } from './aborted.ts'
import { ModelHost } from './modelHost.ts'
import { probe } from './native/cpuSpeed.ts'
import { perform } from './perform.ts'
import { Turns } from './turns.ts'

/** How often the core is told of this process's memory while a model is loaded, ms. */
const MEMORY_MS = 10_000

/** The engine process: takes one request after the other; cancelling and counting get through at any time. */
const channel = workerChannel()
const say = (message: FromWorker) => channel.send(message)
const host = new ModelHost(say)
/** Counts that run beside everything else, by the id of their request. */
const counts = new Map<number, AbortController>()
const turns: Turns = new Turns(host, say, (work, turn) => perform(work, turn, { host, turns, say }))

// Ctrl+C in a terminal reaches every process of the group; the core decides when this one ends
process.on('SIGINT', () => {})

setInterval(() => host.tellMemory(), MEMORY_MS).unref()

channel.onMessage((message) => {
  const work = message as ToWorker
  const { runtime, session } = host
  if (work.op === 'configure') host.configure(work)
  else if (work.op === 'cancel') {
    counts.get(work.id)?.abort(new Aborted())
    turns.cancel(work.id)
  } else if (work.op === 'count' && session && host.isLoaded(work.request.model)) {
    const abort = new AbortController()
    counts.set(work.id, abort)
    const counting = host.beside(session.count(work.request, abort.signal))
    void turns.finish(work.id, counting).then(() => counts.delete(work.id))
  }
  // beside what computes its speed cannot be measured
  else if (work.op === 'probe' && runtime && (turns.isBusy || work.cpuBytesPerSecond !== null))
    void turns.finish(work.id, probe(runtime, work.cpuBytesPerSecond ?? 0))
  // before what waits: it takes no time worth mentioning
  else if (work.op === 'probe') turns.addFirst(work)
  else turns.add(work)
})
