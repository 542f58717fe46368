/** A list of listeners for one kind of event. */
export class Emitter<T> {
  private readonly listeners = new Set<(event: T) => void>()

  /** Calls `listener` for every later event until the returned function is called. */
  on(listener: (event: T) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(event: T): void {
    for (const listener of [...this.listeners]) listener(event)
  }
}

/** What fills a stream: events until `end`. */
export interface EventSink<T> {
  push(event: T): void
  end(): void
}

/** Events for one reader, to be iterated once. */
export type EventStream<T> = AsyncIteratorObject<T, undefined, void>

/** Events a reader may lag behind before its stream ends. */
export const streamCapacity = 1024

/**
 * The events of a source as an async iterator for one reader. `open` runs at once, may push, and returns how to
 * unsubscribe. The stream ends with `end`, when `signal` aborts, when the reader returns, or when the reader lags
 * `capacity` events behind: then what waited is dropped and the reader has to open a new stream.
 */
export function eventStream<T>(
  open: (sink: EventSink<T>) => () => void,
  options: { signal?: AbortSignal; capacity?: number } = {},
): EventStream<T> {
  const { signal, capacity = streamCapacity } = options
  let queue: T[] = []
  let ended = false
  let wake: (() => void) | null = null
  let unsubscribe: (() => void) | null = null

  const end = () => {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', abandon)
    unsubscribe?.()
    wake?.()
  }
  const abandon = () => {
    queue = []
    end()
  }
  const push = (event: T) => {
    if (ended) return
    if (queue.length >= capacity) return abandon()
    queue.push(event)
    wake?.()
  }
  const done = { done: true, value: undefined } as const

  unsubscribe = open({ push, end })
  if (ended) unsubscribe()
  else if (signal?.aborted) abandon()
  else signal?.addEventListener('abort', abandon)

  return {
    async next() {
      while (queue.length === 0 && !ended) {
        await new Promise<void>((resolve) => (wake = resolve))
        wake = null
      }
      return queue.length > 0 ? { done: false, value: queue.shift() as T } : done
    },
    async return() {
      abandon()
      return done
    },
    async [Symbol.asyncDispose]() {
      abandon()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}

/** Events pushed on one side, iterated on the other, in order; ends or fails once. */
export class AsyncQueue<T> implements AsyncIterable<T> {
  private readonly items: T[] = []
  private wake: (() => void) | null = null
  private outcome: { error: unknown } | 'ended' | null = null

  push(item: T): void {
    if (this.outcome) return
    this.items.push(item)
    this.wake?.()
  }

  /** Ends the iteration after what was pushed. */
  end(): void {
    this.outcome ??= 'ended'
    this.wake?.()
  }

  /** Ends the iteration with `error`, after what was pushed. */
  fail(error: unknown): void {
    this.outcome ??= { error }
    this.wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.items.length > 0) yield this.items.shift()!
      if (this.outcome === 'ended') return
      if (this.outcome) throw this.outcome.error
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }
}
