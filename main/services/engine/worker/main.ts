import { AppError, toErrorInfo } from '#contract'
import type { ErrorInfo } from '#contract'
import { workerChannel } from '../../../lib/workerChannel.ts'
import type { FromWorker, SkippedVariant, ToWorker } from '../protocol.ts'
import type { AnswerResult, BackendChoice, ContextOptions, ModelFiles } from '../types.ts'
import { Aborted } from './aborted.ts'
import { probe } from './native/cpuSpeed.ts'
import { createRuntime, UnusableVariant } from './native/runtime.ts'
import type { Runtime } from './native/runtime.ts'
import { Planner } from './planner.ts'
import type { Wants } from './planner.ts'
import { collectGarbage } from './native/memoryAllocator.ts'
import { Session } from './session.ts'
import type { Listener } from './session.ts'

type Work = Exclude<ToWorker, { op: 'cancel' | 'configure' }>

/** After so long without work the KV state goes to disk, ms. */
const IDLE_SAVE_MS = 3000
/** A preparation that nobody waits for any more goes on for so long, in case the next request wants the same picture, ms. */
const GRACE_MS = 2000

/** How often the core is told of this process's memory while a model is loaded, ms. */
const MEMORY_MS = 10_000

const STOPPED = new AppError('Interrupted', 'Stopped.').toInfo()

/** The engine process: takes one request after the other; cancelling and counting get through at any time. */
const channel = workerChannel()
const say = (message: FromWorker) => channel.send(message)

let cachePath: string | null = null
let libraries: { readonly backend: BackendChoice; readonly skip: readonly SkippedVariant[] } = { backend: 'cpu', skip: [] }
let runtime: Runtime | null = null
/** The plan of the model in `session`, or of the one on its way. */
let planner: Planner | null = null
let session: Session | null = null
const queue: Work[] = []
interface Running {
  readonly id: number
  readonly op: Work['op']
  readonly abort: AbortController
  /** The core was told how it ended, while work that may still be wanted goes on. */
  answered: boolean
  /** It ends once the model is there. */
  onlyLoads: boolean
}
let running: Running | null = null
/** The batch under way, also while it lets another request go first. */
let batch: Running | null = null
/** The model on its way into memory. */
let arriving: ModelFiles | null = null
let idle: NodeJS.Timeout | null = null

// Ctrl+C in a terminal reaches every process of the group; the core decides when this one ends
process.on('SIGINT', () => {})

channel.onMessage((message) => {
  const work = message as ToWorker
  if (work.op === 'configure') {
    cachePath = work.cachePath
    libraries = work
  }
  else if (work.op === 'cancel') cancel(work.id)
  // beside what computes its speed cannot be measured
  else if (work.op === 'probe' && runtime && (running || work.cpuBytesPerSecond !== null)) void finish(work.id, probe(runtime, work.cpuBytesPerSecond ?? 0))
  else if (work.op === 'count' && session && isLoaded(work.request.model)) void finish(work.id, beside(session.count(work.request)))
  else if (work.op === 'probe') {
    // before what waits: it takes no time worth mentioning, and nothing under way is ended for it
    queue.unshift(work)
    void next()
  } else {
    queue.push(work)
    void giveWay(work)
    void next()
  }
})

function cancel(id: number): void {
  const waiting = queue.findIndex((work) => work.id === id)
  if (waiting >= 0) {
    queue.splice(waiting, 1)
    void finish(id, Promise.reject(new Aborted()))
  } else if (running?.id === id && running.op === 'prepare') {
    const preparing = running
    preparing.answered = true
    say({ type: 'failed', id, error: STOPPED })
    setTimeout(() => running === preparing && !preparing.onlyLoads && !session?.finishesSoon && abortRunning(), GRACE_MS)
  } else if (running?.id === id) abortRunning()
  else if (batch?.id === id) batch.abort.abort(new Aborted())
}

function abortRunning(): void {
  running?.abort.abort(new Aborted())
  runtime?.abort.set(true)
}

/** Getting things ready never keeps other work waiting, unless it does a part of that work. */
async function giveWay(work: Work): Promise<void> {
  const preparing = running
  if (preparing?.op !== 'prepare') return
  if (arriving && 'request' in work && sameFiles(arriving, work.request.model)) {
    preparing.onlyLoads = true
    return
  }
  const helps = 'request' in work && isLoaded(work.request.model) && (await beside(session!.helps(work.request)).catch(() => false))
  if (running !== preparing) return
  if (helps) session!.finishSoon()
  else abortRunning()
}

async function next(): Promise<void> {
  if (running) return
  if (idle) clearTimeout(idle)
  let work = queue.shift()
  // what came after it makes getting things ready too late
  for (; work?.op === 'prepare' && queue.length > 0; work = queue.shift()) void finish(work.id, Promise.reject(new Aborted()))
  if (!work) {
    idle = setTimeout(() => void saveIdle(), IDLE_SAVE_MS)
    return
  }
  await runNow(work)
  void next()
}

/** Does one piece of work; one that it interrupted is the running one again afterwards. */
async function runNow(work: Work): Promise<void> {
  const before = running
  const current: Running = { id: work.id, op: work.op, abort: new AbortController(), answered: false, onlyLoads: false }
  running = current
  runtime?.abort.set(false)
  await finish(work.id, perform(work, current.abort.signal), current)
  await session?.rest()
  running = before
  runtime?.abort.set(before?.abort.signal.aborted ?? false)
}

/** Lets all that waits go before the next step of a batch; other batches, and what would take the model away, come after it. */
async function letOthersGo(): Promise<void> {
  for (;;) {
    const at = queue.findIndex((work) => 'request' in work && isLoaded(work.request.model) && planner?.allows(work.request.context))
    if (at < 0) return
    await runNow(...(queue.splice(at, 1) as [Work]))
  }
}

async function saveIdle(): Promise<void> {
  if (running || !session) return
  running = { id: -1, op: 'forget', abort: new AbortController(), answered: true, onlyLoads: false }
  // a state that cannot be saved is computed again
  await session.saveState().catch(() => {})
  running = null
  void (queue.length > 0 && next())
}

/** Tells the core how a request ended, once. */
async function finish(id: number, outcome: Promise<Extract<FromWorker, { type: 'done' }>['result']>, work = { answered: false }): Promise<void> {
  const end = await outcome.then(
    (result): FromWorker => ({ type: 'done', id, result }),
    (error: unknown): FromWorker => ({ type: 'failed', id, error: error instanceof Aborted ? STOPPED : toErrorInfo(error) }),
  )
  if (session) sayMemory()
  if (!work.answered) say(end)
}

function sayMemory(): void {
  say({ type: 'memory', residentBytes: process.memoryUsage.rss() })
}
setInterval(() => session && sayMemory(), MEMORY_MS).unref()

/** Does the work; when memory runs out before anything was said, with a lower plan. */
async function perform(work: Work, signal: AbortSignal) {
  let said = false
  const listener: Listener = {
    progress: (progress) => say({ type: 'progress', id: work.id, progress }),
    text: (text) => {
      said = true
      say({ type: 'text', id: work.id, text })
    },
  }
  if (work.op === 'unload') return unload()
  if (work.op === 'probe') return probe((runtime ??= await openRuntime()), work.cpuBytesPerSecond)
  if (work.op === 'forget') {
    session?.forget(work.conversation)
    return null
  }
  for (;;)
    try {
      return await performLoaded(work, listener, signal)
    } catch (error) {
      // a batch in the background goes on with the model as it is
      const mayLower = !said && (batch === null || batch === running) && ranOut(error, work.op)
      if (mayLower && (await lowerPlan())) continue
      if (!session) planner = null
      throw error
    }
}

/** Whether a lower plan may help: a smaller context makes no room for a picture or a batch in the computer's own memory. */
function ranOut(error: unknown, op: Work['op']): boolean {
  if (!(error instanceof AppError) || error.code !== 'OutOfMemory' || !planner) return false
  const { gpuLayers, visionDevice } = planner.plan
  return gpuLayers > 0 || visionDevice !== null || (op !== 'batch' && error.detail?.['width'] === undefined)
}

/** Makes room as the plan can; false when it cannot. */
async function lowerPlan(): Promise<boolean> {
  const lowered = planner
  const again = lowered?.lower() ?? null
  if (again === 'model') {
    await unload()
    planner = lowered
  }
  return again !== null
}

type LoadedWork = Exclude<Work, { op: 'unload' | 'forget' | 'probe' }>

async function performLoaded(work: LoadedWork, listener: Listener, signal: AbortSignal) {
  const started = performance.now()
  const { loaded, isNew } = await load('request' in work ? work.request.model : work.model, wantsOf(work), listener, signal)
  const loadMs = isNew ? performance.now() - started : 0
  if (work.op === 'load') await loaded.reserve(work.contextTokens, work.options)
  // a request that fails after this leaves the model loaded
  sayLoaded(loaded)
  if (running?.onlyLoads) throw new Aborted()
  switch (work.op) {
    case 'load':
      return null
    case 'batch':
      return runBatch(loaded, work, signal)
    case 'count':
      return loaded.count(work.request)
    case 'prepare':
    case 'answer':
      try {
        return work.op === 'prepare' ? await loaded.prepare(work, listener, signal) : await loaded.answer(work, listener, signal, loadMs)
      } finally {
        sayLoaded(loaded)
      }
  }
}

function wantsOf(work: LoadedWork): Wants {
  if (work.op === 'load') return { contextTokens: work.contextTokens, options: work.options }
  const requests = work.op === 'batch' ? work.requests : [work.request]
  const contexts = requests.map((request) => request.contextTokens).filter((tokens) => tokens !== null)
  return {
    contextTokens: contexts.length > 0 ? Math.max(...contexts) : null,
    options: requests[0]?.context,
    picturePixels: Math.max(...requests.map((request) => request.budget.maxPixels)),
  }
}

async function runBatch(loaded: Session, { id, requests, parallel }: Extract<Work, { op: 'batch' }>, signal: AbortSignal): Promise<null> {
  batch = running
  try {
    const ends = {
      giveWay: letOthersGo,
      onText: (index: number, text: string) => say({ type: 'batchText', id, index, text }),
      onEnd: (index: number, end: AnswerResult | ErrorInfo) => say({ type: 'batchEnd', id, index, end }),
    }
    await loaded.batch(requests, parallel, ends, signal)
    return null
  } finally {
    batch = null
  }
}

/** What reads the loaded model beside the running request; unloading waits for it. */
const readers = new Set<Promise<unknown>>()
function beside<T>(reading: Promise<T>): Promise<T> {
  readers.add(reading)
  const done = () => readers.delete(reading)
  reading.then(done, done)
  return reading
}

let told: { session: Session; contextTokens: number | null; options: ContextOptions } | null = null

/** Tells the core what is loaded when that has changed. */
function sayLoaded(loaded: Session): void {
  const { contextTokens } = loaded
  const { options } = planner!
  if (told?.session === loaded && told.contextTokens === contextTokens && told.options === options) return
  told = { session: loaded, contextTokens, options }
  say({ type: 'loaded', model: loaded.files, contextTokens, options })
}

const sameFiles = (a: ModelFiles, b: ModelFiles): boolean => a.textPath === b.textPath && a.projectorPath === b.projectorPath
const isLoaded = (model: ModelFiles): boolean => session !== null && sameFiles(session.files, model)

/** Loads the model unless it is the loaded one; tells whether it did. */
async function load(model: ModelFiles, wants: Wants, listener: Listener, signal: AbortSignal): Promise<{ loaded: Session; isNew: boolean }> {
  if (session && isLoaded(model) && planner?.allows(wants.options)) return { loaded: session, isNew: false }
  runtime ??= await openRuntime()
  const lowered = planner && !session && sameFiles(planner.files, model) ? planner : null
  if (!lowered) await unload()
  let percent = -1
  const onShare = (share: number) => {
    if (Math.floor(share * 100) > percent) listener.progress({ phase: 'loading', done: (percent = Math.floor(share * 100)), total: 100 })
  }
  onShare(0)
  arriving = model
  try {
    planner = lowered ?? (await Planner.create(runtime, model, wants))
    planner.onChange = sayPlan
    sayPlan()
    session = await Session.load(runtime, planner, cachePath, onShare, signal)
  } finally {
    arriving = null
  }
  return { loaded: session, isNew: true }
}

/** Loads the libraries; the core is told of every variant that is tried, because its driver may end this process. */
async function openRuntime(): Promise<Runtime> {
  try {
    const opened = createRuntime({ ...libraries, onProbe: (variant) => say({ type: 'probing', variant }) })
    say({ type: 'started', backend: opened.backendName, noGpuReason: opened.noGpuReason, devices: opened.devices() })
    return opened
  } catch (error) {
    if (!(error instanceof UnusableVariant)) throw error
    say({ type: 'unusable', skipped: error.skipped })
    // the core ends this process, and asks the same of another one
    return new Promise(() => {})
  }
}

function sayPlan(): void {
  if (planner) say({ type: 'planned', plan: planner.plan, note: planner.note })
}

async function unload(): Promise<null> {
  const old = session
  session = null
  planner = null
  await Promise.allSettled(readers)
  if (!old) return null
  await old.free()
  collectGarbage()
  say({ type: 'unloaded' })
  return null
}
