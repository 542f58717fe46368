import { cpus } from 'node:os'

/** A window of steps, by which numbers of threads are compared: at least so many, for at least so long. */
const STEPS = 4
const WINDOW_MS = 100
/** Cores that may be missing without another program being the cause. */
const MISSING = 0.3
/** Another number has to take less than this share of the present one's time. */
const BETTER = 0.95
/** Windows until another number is tried again; twice as many after each try that was in vain. */
const FIRST_WAIT = 4
const LONGEST_WAIT = 32
/** Other programs that keep so many cores less busy than before have made room. */
const FREED = 0.5

interface Window {
  readonly msPerStep: number
  /** Of the cores that its threads could use, those that they were not given. */
  readonly missing: number
}

/**
 * Chooses how many threads compute a token while other programs are busy too. llama.cpp's threads spin until the last of
 * them has come to a barrier, some hundred times for each token: one that shares its core with another program halves the
 * speed of all, and fewer threads are faster.
 *
 * They never sleep while they compute, so the processor time of a step tells how many cores they were given. Where some
 * are missing, as many threads fewer are tried as other programs seem to keep busy; the number whose steps are faster stays.
 * All are tried again as soon as the other programs do less, or now and then where that cannot be seen. On a quiet computer
 * nothing is ever tried.
 *
 * Flash attention over 512 tokens and more sums in as many parts as there are threads, so there the last bits of the logits
 * follow their number, as they do from computer to computer. Without it, as with f32 keys and values, they do not.
 */
export class StepThreads {
  private readonly most: number
  /** The number that is known to be the best, and its last window. */
  private best: number
  private bestWindow: Window | null = null
  /** The number being tried; null: none is. */
  private tried: number | null = null
  /** Windows since another number was tried. */
  private waited = Infinity
  private nextWait = FIRST_WAIT
  private readonly watchOthers: () => () => number | null
  /** Tells how many cores the others kept busy in the window; null: all threads compute, and nobody asks. */
  private othersBusy: (() => number | null) | null = null
  /** The most that they kept busy since `best` was chosen; null: not known. */
  private mostBusy: number | null = null
  private steps = 0
  private wallMs = 0
  private cpuMs = 0

  /** `most`: threads where nothing else is busy. `watch`: see `watchOthers`. */
  constructor(most: number, watch = watchOthers) {
    this.most = most
    this.watchOthers = watch
    this.best = most
  }

  /** For the next step. */
  get count(): number {
    return this.tried ?? this.best
  }

  /** A step with `count` threads took so long, and so much processor time of this process. */
  took(wallMs: number, cpuMs: number): void {
    if (this.most === 1) return
    this.steps++
    this.wallMs += wallMs
    this.cpuMs += cpuMs
    if (this.steps < STEPS || this.wallMs < WINDOW_MS) return
    const window = { msPerStep: this.wallMs / this.steps, missing: this.count - this.cpuMs / this.wallMs }
    this.steps = this.wallMs = this.cpuMs = 0
    if (this.tried === null) this.consider(window)
    else this.compare(this.tried, window)
  }

  /** After a window with the best number: whether to try another one. */
  private consider(window: Window): void {
    this.bestWindow = window
    const isFreed = this.haveOthersStopped()
    // while what the others do is seen, nothing has to be tried to find out
    const wait = this.mostBusy === null ? this.nextWait : LONGEST_WAIT
    if (isFreed || this.waited++ >= wait) {
      if (window.missing > MISSING && this.best > 1 && !isFreed) this.tried = undisturbed(this.best, window)
      else if (this.best < this.most) this.tried = this.most
    }
    this.othersBusy = this.best < this.most && this.tried === null ? this.watchOthers() : null
  }

  /** Whether other programs have been doing less in this window than before, so that there is room for more threads. */
  private haveOthersStopped(): boolean {
    const busy = this.othersBusy?.() ?? null
    if (busy === null) return false
    const isFreed = this.mostBusy !== null && busy < this.mostBusy - FREED
    this.mostBusy = isFreed ? null : Math.max(busy, this.mostBusy ?? 0)
    if (isFreed) this.nextWait = FIRST_WAIT
    return isFreed
  }

  /** After a window with the number being tried. */
  private compare(tried: number, window: Window): void {
    const isMore = tried > this.best
    const isBetter = window.msPerStep < this.bestWindow!.msPerStep * BETTER
    this.tried = null
    if (isBetter) {
      this.best = tried
      this.bestWindow = window
      this.nextWait = FIRST_WAIT
      this.mostBusy = null
    } else if (isMore) {
      // all are too many, but there may be room for some of them
      const fewer = undisturbed(tried, window)
      if (fewer > this.best && fewer < tried) {
        this.tried = fewer
        return
      }
    }
    this.waited = 0
    if (!isBetter) this.nextWait = Math.min(LONGEST_WAIT, this.nextWait * 2)
  }
}

/** How many of `count` threads have a core of their own: each that shares one is given half of it. */
function undisturbed(count: number, { missing }: Window): number {
  return Math.min(count - 1, Math.max(1, Math.round(count - 2 * missing)))
}

/**
 * Watches what other programs take of the processors: the function that is returned gives how many cores they kept busy
 * since then; null where the system does not tell.
 */
export function watchOthers(read = readTimes): () => number | null {
  const before = read()
  return () => {
    const { at, all, own } = read()
    return all === 0 ? null : Math.max(0, (all - before.all - (own - before.own)) / (at - before.at))
  }
}

/** Milliseconds: now, and that all processors and this process have computed. */
function readTimes(): { at: number; all: number; own: number } {
  const { user, system } = process.cpuUsage()
  const all = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0)
  return { at: performance.now(), all, own: (user + system) / 1000 }
}
