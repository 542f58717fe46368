import { AppError, toErrorInfo } from '#contract'
import type { FromWorker, ToWorker } from '../protocol.ts'
import { Aborted } from './aborted.ts'
import type { ModelHost, Say } from './modelHost.ts'

/** What takes its turn; the rest gets through at once. */
export type Work = Exclude<ToWorker, { op: 'cancel' | 'configure' }>
export type WorkResult = Extract<FromWorker, { type: 'done' }>['result']

/** One piece of work while it is being done. */
export interface Turn {
  readonly id: number
  readonly op: Work['op']
  readonly abort: AbortController
  /** It is done between two steps of a batch, which goes on with the model as it is. */
  readonly isGuest: boolean
  /** The core was told how it ended, while work that may still be wanted goes on. */
  answered: boolean
  /** It ends once the model is there. */
  onlyLoads: boolean
}

/** After so long without work the KV state goes to disk, ms. */
const IDLE_SAVE_MS = 3000
/** A preparation that nobody waits for any more goes on for so long, in case the next request wants the same picture, ms. */
const GRACE_MS = 2000

const STOPPED = new AppError('Interrupted', 'Stopped.').toInfo()

/** Who comes when: one piece of work after the other, a batch stepping aside for questions, preparations for everything. */
export class Turns {
  private readonly host: ModelHost
  private readonly say: Say
  private readonly perform: (work: Work, turn: Turn) => Promise<WorkResult>
  private readonly queue: Work[] = []
  private running: Turn | null = null
  /** The batch under way, also while it lets another request go first. */
  private batch: Turn | null = null
  private idle: NodeJS.Timeout | null = null

  constructor(host: ModelHost, say: Say, perform: (work: Work, turn: Turn) => Promise<WorkResult>) {
    this.host = host
    this.say = say
    this.perform = perform
  }

  /** Whether something is being done right now. */
  get isBusy(): boolean {
    return this.running !== null
  }

  /** Takes work in; what is being prepared gives way to it, or goes on where that is a part of it. */
  add(work: Work): void {
    this.queue.push(work)
    void this.giveWay(work)
    void this.next()
  }

  /** Takes work in before what waits; nothing under way is ended for it. */
  addFirst(work: Work): void {
    this.queue.unshift(work)
    void this.next()
  }

  cancel(id: number): void {
    const { running, batch } = this
    const waiting = this.queue.findIndex((work) => work.id === id)
    if (waiting >= 0) {
      this.queue.splice(waiting, 1)
      void this.finish(id, Promise.reject(new Aborted()))
    } else if (running?.id === id && running.op === 'prepare') {
      running.answered = true
      this.say({ type: 'failed', id, error: STOPPED })
      setTimeout(
        () => this.running === running && !running.onlyLoads && !this.host.session?.finishesSoon && this.abortRunning(),
        GRACE_MS,
      )
    } else if (running?.id === id && running.op === 'count') {
      // the model that it loads is wanted by what comes next
      running.onlyLoads = true
    } else if (running?.id === id) this.abortRunning()
    else if (batch?.id === id) batch.abort.abort(new Aborted())
  }

  /** Tells the core how a request ended, once. */
  async finish(id: number, outcome: Promise<WorkResult>, turn = { answered: false }): Promise<void> {
    const end = await outcome.then(
      (result): FromWorker => ({ type: 'done', id, result }),
      (error: unknown): FromWorker => ({
        type: 'failed',
        id,
        error: error instanceof Aborted ? STOPPED : toErrorInfo(error),
      }),
    )
    this.host.tellMemory()
    if (!turn.answered) this.say(end)
  }

  /** Lets all that waits go before the next step of a batch; other batches, and what would take the model away, come after it. */
  async letOthersGo(): Promise<void> {
    for (;;) {
      const at = this.queue.findIndex((work) => 'request' in work && this.host.serves(work.request))
      if (at < 0) return
      await this.runNow(...(this.queue.splice(at, 1) as [Work]))
    }
  }

  private abortRunning(): void {
    this.running?.abort.abort(new Aborted())
    this.host.setAbort(true)
  }

  /** Getting things ready never keeps other work waiting, unless it does a part of that work. */
  private async giveWay(work: Work): Promise<void> {
    const preparing = this.running
    if (preparing?.op !== 'prepare') return
    if ('request' in work && this.host.isArriving(work.request.model)) {
      preparing.onlyLoads = true
      return
    }
    const { host } = this
    const helps =
      'request' in work &&
      host.isLoaded(work.request.model) &&
      (await host.beside(host.session!.helps(work.request)).catch(() => false))
    if (this.running !== preparing) return
    if (helps) host.session!.finishSoon()
    else this.abortRunning()
  }

  private async next(): Promise<void> {
    if (this.running) return
    if (this.idle) clearTimeout(this.idle)
    let work = this.queue.shift()
    // what came after it makes getting things ready too late
    for (; work?.op === 'prepare' && this.queue.length > 0; work = this.queue.shift())
      void this.finish(work.id, Promise.reject(new Aborted()))
    if (!work) {
      this.idle = setTimeout(() => void this.saveIdle(), IDLE_SAVE_MS)
      return
    }
    await this.runNow(work)
    void this.next()
  }

  /** Does one piece of work; one that it interrupted is the running one again afterwards. */
  private async runNow(work: Work): Promise<void> {
    const before = this.running
    const turn = newTurn(work.id, work.op, before !== null)
    this.running = turn
    if (turn.op === 'batch') this.batch = turn
    this.host.setAbort(false)
    await this.finish(work.id, this.perform(work, turn), turn)
    await this.host.session?.rest()
    this.running = before
    if (this.batch === turn) this.batch = null
    this.host.setAbort(before?.abort.signal.aborted ?? false)
  }

  private async saveIdle(): Promise<void> {
    const { session } = this.host
    if (this.running || !session) return
    this.running = newTurn(-1, 'forget', false)
    // a state that cannot be saved is computed again
    await session.saveState().catch(() => {})
    this.running = null
    void (this.queue.length > 0 && this.next())
  }
}

const newTurn = (id: number, op: Work['op'], isGuest: boolean): Turn => ({
  id,
  op,
  abort: new AbortController(),
  isGuest,
  answered: false,
  onlyLoads: false,
})
