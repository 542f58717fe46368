/** What is needed of an `AbortSignal`: the contract knows the types of neither the DOM nor Node. */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/**
 * Settles as `work` does, or rejects with the signal's reason at the moment of the abort. Nothing is left on the signal
 * afterwards, so a signal that lives for hours may be waited for any number of times. A race against one promise that
 * settles on abort may not: it keeps every value that ever won against it (nodejs/node#17469).
 */
export function unlessAborted<T>(work: PromiseLike<T>, signal: AbortSignalLike | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      signal?.removeEventListener('abort', abort)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', abort)
    work.then(
      (value) => {
        signal?.removeEventListener('abort', abort)
        resolve(value)
      },
      (error: unknown) => {
        signal?.removeEventListener('abort', abort)
        reject(error as Error)
      },
    )
    if (signal?.aborted) abort()
  })
}

/**
 * The values of `source` until it ends; throws the signal's reason at the moment of the abort, even while the source is
 * silent. No value is held once the reader has moved on. A source that is left early, by an abort or by its reader, is told
 * so and not waited for: one that is silent may never answer.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignalLike | undefined,
): AsyncGenerator<T, undefined, void> {
  const iterator = source[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await unlessAborted(iterator.next(), signal)
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    if (!ended) iterator.return?.()?.then(undefined, () => {})
  }
}
