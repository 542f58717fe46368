import type { Engine } from '../types.ts'

/** One kind of work that a model does while nobody waits for it. */
export interface IdleJob {
  /** It begins once nothing was asked for so long, in ms. */
  readonly afterMs: number
  /**
   * The next piece of it, short and without an effect until it ends well; null: there is none now. Its signal aborts as soon
   * as somebody asks for something.
   */
  readonly next: () => ((signal: AbortSignal) => Promise<void>) | null
}

/** Work of the engine that gives way to everything else: one piece at a time, dropped at once when a question comes. */
export interface IdleWork {
  /** An engine for all that somebody waits for, made of `engine`: whatever it is asked ends what is done in between. */
  attend(engine: Engine): Engine
  /** Does a kind of work from now on; of several that could be done the one that was added first. */
  add(job: IdleJob): void
  /** A job may have something to do that it had not before. */
  look(): void
  /** Drops what is done, and begins nothing more. Resolves when it has ended. */
  close(): Promise<void>
}

/** `onError` hears of work that failed; what was dropped did not. */
export function createIdleWork(onError: (error: unknown) => void): IdleWork {
  const jobs: IdleJob[] = []
  let asked = 0
  let quietSince = performance.now()
  let timer: NodeJS.Timeout | undefined
  let running: { readonly abort: AbortController; readonly done: Promise<void> } | null = null
  let isClosed = false

  const start = (work: (signal: AbortSignal) => Promise<void>): void => {
    const abort = new AbortController()
    const done = work(abort.signal)
      .catch((error: unknown) => abort.signal.aborted || onError(error))
      .then(() => {
        running = null
        look()
      })
    running = { abort, done }
  }
  const look = (): void => {
    clearTimeout(timer)
    if (isClosed || asked > 0 || running) return
    const quiet = performance.now() - quietSince
    const due = jobs.filter(({ afterMs }) => afterMs <= quiet)
    for (const { next } of due) {
      const work = next()
      if (work) return start(work)
    }
    const waits = jobs.filter((job) => !due.includes(job)).map(({ afterMs }) => afterMs - quiet)
    if (waits.length > 0) timer = setTimeout(look, Math.ceil(Math.min(...waits))).unref()
  }
  const begin = (): void => {
    asked++
    running?.abort.abort()
  }
  const end = (): void => {
    asked--
    quietSince = performance.now()
    look()
  }
  const during = async <T>(call: () => Promise<T>): Promise<T> => {
    begin()
    try {
      return await call()
    } finally {
      end()
    }
  }
  async function* through<T>(events: () => AsyncIterable<T>): AsyncGenerator<T> {
    begin()
    try {
      yield* events()
    } finally {
      end()
    }
  }

  return {
    attend: (engine) => ({
      get state() {
        return engine.state
      },
      onState: (listener) => engine.onState(listener),
      load: (...input) => during(() => engine.load(...input)),
      unload: () => during(() => engine.unload()),
      answer: (...input) => through(() => engine.answer(...input)),
      batch: (...input) => through(() => engine.batch(...input)),
      prepare: (...input) => during(() => engine.prepare(...input)),
      count(...input) {
        // somebody is writing: what is done goes on, what is not waits
        quietSince = performance.now()
        return engine.count(...input)
      },
      forget: (id) => engine.forget(id),
      forgetMedia: (names) => engine.forgetMedia(names),
      machine: () => engine.machine(),
      plan: (...input) => engine.plan(...input),
      setIdleUnload: (ms) => engine.setIdleUnload(ms),
      inspect: (...input) => engine.inspect(...input),
      inspectFile: (...input) => engine.inspectFile(...input),
      planOneFile: (...input) => engine.planOneFile(...input),
      checkFiles: (...input) => engine.checkFiles(...input),
      close: () => engine.close(),
    }),
    add(job) {
      jobs.push(job)
      look()
    },
    look,
    async close() {
      isClosed = true
      clearTimeout(timer)
      running?.abort.abort()
      await running?.done
    },
  }
}
