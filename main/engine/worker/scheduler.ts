import { AppError, toErrorInfo, unlessAborted, say } from '#contract'
import type { Progress } from '#contract'
import { inRequest } from '../../lib/log/log.ts'
import type { FromWorker, ToWorker } from '../protocol.ts'
import type { ModelFiles } from '../types.ts'
import { Aborted } from './aborted.ts'
import type { ModelHost, Send } from './modelHost.ts'
import { found } from './probe.ts'

/** A request of the core that ends with one reply. */
export type Job = Exclude<ToWorker, { op: 'cancel' | 'configure' }>
/** A job that may have to wait for its turn. */
export type QueuedJob = Exclude<Job, { op: 'forget' }>
export type JobResult = Extract<FromWorker, { type: 'done' }>['result']

/** What is asked of the model's host. */
type Host = Pick<
  ModelHost,
  | 'runtime'
  | 'session'
  | 'isLoading'
  | 'isArriving'
  | 'isLoaded'
  | 'serves'
  | 'setAbort'
  | 'whileLoaded'
  | 'forget'
  | 'sendMemory'
>

/** A job that is being done. */
export interface RunningJob {
  readonly id: number
  readonly op: Job['op']
  /** The window's call that it belongs to; null: none. */
  readonly request: string | null
  readonly abort: AbortController
  /** Whether it is done between two steps of a batch, which goes on with the model as it is. */
  readonly isGuest: boolean
  /** Whether its end was sent already, while work that may still be wanted goes on. */
  answered: boolean
  /** Whether it ends as soon as the model is loaded. */
  onlyLoads: boolean
  /** Id of the job that waits for a part of its work, and is told of its progress; null: none. */
  helping: number | null
  /** How far it is; null: not known. */
  progress: Progress | null
}

/** The KV state is saved when there has been no job for so long, ms. */
const IDLE_SAVE_MS = 3000
/** A preparation that was cancelled goes on for so long, in case the next request shows the same picture, ms. */
const GRACE_MS = 2000

const STOPPED = new AppError('Interrupted', say`Stopped.`).toInfo()

/**
 * Decides which job runs: one at a time, a batch between whose steps others run, preparations only while nothing else wants
 * the model. Counts, and whatever else only reads, run at once beside the others.
 */
export class Scheduler {
  private readonly host: Host
  private readonly send: Send
  private readonly perform: (job: QueuedJob, running: RunningJob) => Promise<JobResult>
  private readonly queue: QueuedJob[] = []
  private running: RunningJob | null = null
  /** The batch under way, also while it lets another job run. */
  private batch: RunningJob | null = null
  /** The jobs that run beside the others, by their ids. */
  private readonly concurrent = new Map<number, AbortController>()
  private idleTimer: NodeJS.Timeout | null = null
  /** The saving of the KV state that goes on while there is no job. */
  private saving: { readonly abort: AbortController; readonly done: Promise<void> } | null = null

  constructor(host: Host, send: Send, perform: (job: QueuedJob, running: RunningJob) => Promise<JobResult>) {
    this.host = host
    this.send = send
    this.perform = perform
  }

  /** The window's call that the running job belongs to; null when nothing runs. */
  get request(): string | null {
    return this.running?.request ?? null
  }

  /** Accepts a job. A running preparation makes way for it unless it does a part of the same work. */
  add(job: Job): void {
    if (job.op === 'forget') return this.runBeside(job.id, () => this.host.forget(job.conversation))
    const read = this.reading(job)
    if (read) return this.runBeside(job.id, read)
    // what there is to compute with is found out before the others use it
    if (job.op === 'probe') this.queue.unshift(job)
    else this.queue.push(job)
    void this.makeWay(job)
    void this.next()
  }

  /** Ends a job. Its end is sent at once where others still want what it is doing, such as loading the model. */
  cancel(id: number): void {
    const { running, batch } = this
    const queued = this.queue.findIndex((job) => job.id === id)
    if (queued >= 0) {
      const [job] = this.queue.splice(queued, 1) as [QueuedJob]
      void this.finish(id, Promise.reject(new Aborted()))
      if (running?.onlyLoads && this.host.isLoading && !this.isLoadWanted(isAhead(running) || isAhead(job)))
        this.abortRunning()
    } else if (this.concurrent.has(id)) this.concurrent.get(id)!.abort(new Aborted())
    else if (running?.id === id) this.cancelRunning(running)
    else if (batch?.id === id) batch.abort.abort(new Aborted())
  }

  /** Runs the counts that waited for the model that has just been loaded. */
  modelLoaded(): void {
    const waiting = this.queue.filter((job) => this.reading(job) !== null)
    for (const job of waiting) {
      this.queue.splice(this.queue.indexOf(job), 1)
      this.runBeside(job.id, this.reading(job)!)
    }
  }

  /** Runs all that waits before the next step of a batch, except other batches and what would take the model away. */
  async letOthersRun(): Promise<void> {
    for (;;) {
      const at = this.queue.findIndex((job) => 'request' in job && this.host.serves(job.request))
      if (at < 0) return
      await this.runNow(...(this.queue.splice(at, 1) as [QueuedJob]))
    }
  }

  /** What a job does when it can be done beside the running one; null when it has to wait. */
  private reading(job: QueuedJob): ((signal: AbortSignal) => Promise<JobResult>) | null {
    const { runtime, session } = this.host
    switch (job.op) {
      case 'count':
        return session && this.host.isLoaded(job.request.model) ? (signal) => session.count(job.request, signal) : null
      case 'probe':
        // beside what computes, the processor's speed cannot be measured
        return runtime && (this.running !== null || job.known !== null)
          ? () => Promise.resolve(found(runtime, job.known))
          : null
      default:
        return null
    }
  }

  private runBeside(id: number, read: (signal: AbortSignal) => Promise<JobResult>): void {
    const abort = new AbortController()
    this.concurrent.set(id, abort)
    const outcome = unlessAborted(this.host.whileLoaded(read(abort.signal)), abort.signal)
    void this.finish(id, outcome).then(() => this.concurrent.delete(id))
  }

  private cancelRunning(running: RunningJob): void {
    const { host } = this
    if (host.isLoading) {
      if (!this.isLoadWanted(isAhead(running))) return this.abortRunning()
      running.onlyLoads = true
    } else if (running.op === 'prepare')
      setTimeout(() => this.running === running && !host.session?.finishesSoon && this.abortRunning(), GRACE_MS)
    else return this.abortRunning()
    this.sendEnd(running, { type: 'failed', id: running.id, error: STOPPED })
  }

  /**
   * Whether the load of a cancelled job is still of use: to the job whose turn is next or, where none waits, for work
   * `ahead`, whose user will want the model whatever becomes of the draft.
   */
  private isLoadWanted(ahead: boolean): boolean {
    const next = this.queue.find(
      (job, i) => job.op !== 'probe' && (job.op !== 'prepare' || !this.queue.slice(i + 1).some(outdates)),
    )
    return next ? this.host.isArriving(modelOf(next)) : ahead
  }

  private abortRunning(): void {
    this.running?.abort.abort(new Aborted())
    this.host.setAbort(true)
  }

  /** Work ahead never keeps other work waiting, unless it does a part of that work. */
  private async makeWay(job: QueuedJob): Promise<void> {
    const { running, host } = this
    if (host.isLoading && running?.onlyLoads) {
      if (!this.isLoadWanted(true)) this.abortRunning()
      return
    }
    if (running?.op !== 'prepare' || !outdates(job)) return
    if (host.isLoading) {
      if (host.isArriving(modelOf(job))) running.onlyLoads = true
      else this.abortRunning()
      return
    }
    const helps =
      'request' in job &&
      host.isLoaded(job.request.model) &&
      (await host.whileLoaded(host.session!.helps(job.request)).catch(() => false))
    if (this.running !== running) return
    if (!helps) return this.abortRunning()
    host.session!.finishSoon()
    running.helping = job.id
    if (running.progress) this.send({ type: 'progress', id: job.id, progress: running.progress })
  }

  private async next(): Promise<void> {
    if (this.running) return
    if (this.idleTimer) clearTimeout(this.idleTimer)
    const job = this.takeNext()
    if (!job) {
      this.idleTimer = setTimeout(() => this.saveIdle(), IDLE_SAVE_MS)
      return
    }
    await this.runNow(job)
    void this.next()
  }

  /** The job that has waited longest; a preparation ends when a later job makes it pointless. */
  private takeNext(): QueuedJob | undefined {
    for (;;) {
      const job = this.queue.shift()
      if (job?.op !== 'prepare' || !this.queue.some(outdates)) return job
      void this.finish(job.id, Promise.reject(new Aborted()))
    }
  }

  /** Runs one job; the one that it interrupts is the running one again afterwards. */
  private async runNow(job: QueuedJob): Promise<void> {
    const before = this.running
    const running: RunningJob = {
      id: job.id,
      op: job.op,
      request: job.requestId ?? null,
      abort: new AbortController(),
      isGuest: before !== null,
      answered: false,
      onlyLoads: false,
      helping: null,
      progress: null,
    }
    this.running = running
    if (job.op === 'batch') this.batch = running
    this.host.setAbort(false)
    this.saving?.abort.abort(new Aborted())
    await this.saving?.done
    await inRequest(running.request, () => this.finish(job.id, this.perform(job, running), running))
    await this.host.session?.rest()
    this.running = before
    if (this.batch === running) this.batch = null
    this.host.setAbort(before?.abort.signal.aborted ?? false)
  }

  /** Sends how a job ended. */
  private async finish(id: number, outcome: Promise<JobResult>, running = { answered: false }): Promise<void> {
    const end = await outcome.then(
      (result): FromWorker => ({ type: 'done', id, result }),
      (error: unknown): FromWorker => ({
        type: 'failed',
        id,
        error: error instanceof Aborted ? STOPPED : toErrorInfo(error),
      }),
    )
    this.host.sendMemory()
    this.sendEnd(running, end)
  }

  private sendEnd(running: { answered: boolean }, end: FromWorker): void {
    if (running.answered) return
    running.answered = true
    this.send(end)
  }

  /** Saves what is new in the KV state; the next job ends that. */
  private saveIdle(): void {
    const { session } = this.host
    if (this.running || !session) return
    const abort = new AbortController()
    // a state that cannot be saved is computed again
    const done = session
      .saveState(abort.signal)
      .catch(() => {})
      .finally(() => (this.saving = null))
    this.saving = { abort, done }
  }
}

/** Whether a job makes the preparations before it pointless. Counting a draft, for one, does not. */
const outdates = ({ op }: QueuedJob): boolean => op !== 'count' && op !== 'probe'

/** Whether a job is work ahead: done while its user still writes the question. */
const isAhead = ({ op }: Pick<Job, 'op'>): boolean => op === 'prepare' || op === 'count'

/** The model that a job needs; null: none. */
function modelOf(job: QueuedJob): ModelFiles | null {
  if ('request' in job) return job.request.model
  return 'model' in job ? job.model : null
}
