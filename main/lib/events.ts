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

/** What fills a stream: events until `end` or `fail`. */
export interface EventSink<T> {
  push(event: T): void
  /** Ends the stream after what was pushed. */
  end(): void
  /** The stream throws `error` after what was pushed. */
  fail(error: unknown): void
}

/** Events for one reader, to be iterated once. */
export type EventStream<T> = AsyncIteratorObject<T, undefined, void>

/** Events a reader may lag behind before its stream ends. */
export const streamCapacity = 1024

export interface EventStreamOptions<T> {
  /** Ends the stream when it aborts; what waited is dropped. */
  readonly signal?: AbortSignal | undefined
  /**
   * Events a reader may lag behind, `streamCapacity` unless told: one that is further behind loses what waited and its
   * stream, and has to open a new one. Infinity where no event may be lost.
   */
  readonly capacity?: number | undefined
  /** Makes one event of the one that waits and the next, so that at most one waits and no reader is too far behind. */
  readonly coalesce?: (waiting: T, next: T) => T
}

/**
 * The events of a source as an async iterator for one reader. `open` runs at once, may push before anybody reads, and
 * returns how to unsubscribe. The stream ends with `end` or `fail`, when the signal aborts, or when the reader leaves; it
 * unsubscribes then, and its last read and the reader's leaving wait until that is done, which must not reject.
 */
export function eventStream<T>(
  open: (sink: EventSink<T>) => () => void | Promise<void>,
  { signal, capacity = streamCapacity, coalesce }: EventStreamOptions<T> = {},
): EventStream<T> {
  let queue: T[] = []
  let failure: { readonly error: unknown } | null = null
  let ended = false
  let waiting: (() => void)[] = []
  let unsubscribe: (() => void | Promise<void>) | null = null
  let unsubscribed: void | Promise<void> = undefined

  const wake = () => {
    const readers = waiting
    waiting = []
    for (const read of readers) read()
  }
  const end = () => {
    if (ended) return
    ended = true
    signal?.removeEventListener('abort', abandon)
    unsubscribed = unsubscribe?.()
    wake()
  }
  const fail = (error: unknown) => {
    if (!ended) failure = { error }
    end()
  }
  const abandon = () => {
    queue = []
    failure = null
    end()
  }
  const push = (event: T) => {
    if (ended) return
    if (coalesce && queue.length > 0) queue.push(coalesce(queue.pop() as T, event))
    else if (queue.length >= capacity) return abandon()
    else queue.push(event)
    wake()
  }
  const done = { done: true, value: undefined } as const
  const leave = async () => {
    abandon()
    await unsubscribed
    return done
  }

  unsubscribe = open({ push, end, fail })
  if (ended) unsubscribed = unsubscribe()
  else if (signal?.aborted) abandon()
  else signal?.addEventListener('abort', abandon)

  return {
    async next() {
      while (queue.length === 0 && !ended) await new Promise<void>((resolve) => waiting.push(resolve))
      if (queue.length > 0) return { done: false, value: queue.shift() as T }
      await unsubscribed
      if (!failure) return done
      const { error } = failure
      failure = null
      throw error
    },
    return: leave,
    async [Symbol.asyncDispose]() {
      await leave()
    },
    [Symbol.asyncIterator]() {
      return this
    },
  }
}
