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
