/** The reason of an abort signal in the engine process: the request was cancelled, nothing went wrong. */
export class Aborted extends Error {
  constructor() {
    super('aborted')
    this.name = 'Aborted'
  }
}

/** What `work` comes to, or the signal's reason as soon as it aborts, while `work` goes on. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const listening = new AbortController()
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener('abort', () => reject(signal.reason as Error), { signal: listening.signal }),
  )
  return Promise.race([work, aborted]).finally(() => listening.abort())
}
