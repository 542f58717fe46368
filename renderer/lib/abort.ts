/**
 * Settles as `promise` does, or resolves to null as soon as `signal` aborts.
 *
 * Unlike `Promise.race` with a promise that lives long, nothing of the result is kept by the signal afterwards, so that
 * it
 * can stand in a loop over the events of hours.
 */
export function orAborted<T>(promise: PromiseLike<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return resolve(null)
    const stop = (): void => resolve(null)
    signal.addEventListener('abort', stop, { once: true })
    const settle =
      <V>(how: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', stop)
        how(value)
      }
    promise.then(settle(resolve), settle(reject))
  })
}
