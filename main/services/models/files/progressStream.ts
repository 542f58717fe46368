/** An event of work on files: how far it is in bytes, and its result once. */
export interface Progressed<T> {
  readonly doneBytes: number
  readonly bytes: number
  readonly result: T | null
}

/** Progress is told again after so many bytes. */
const STEP_BYTES = 4 * 2 ** 20

/**
 * Runs `work` and tells of its progress, then of its result. The work is aborted when `signal` aborts or the reader
 * leaves, and the stream ends only when it has ended. @throws what the work throws.
 */
export async function* progressStream<T>(
  work: (work: { onProgress: (doneBytes: number, bytes: number) => void; signal: AbortSignal }) => Promise<T>,
  signal: AbortSignal,
): AsyncGenerator<Progressed<T>, undefined, void> {
  const abort = new AbortController()
  const either = AbortSignal.any([signal, abort.signal])
  let at = { doneBytes: 0, bytes: 0 }
  let told = -STEP_BYTES
  let wake = () => {}
  let ended = false
  const onProgress = (doneBytes: number, bytes: number) => {
    at = { doneBytes, bytes }
    if (doneBytes - told >= STEP_BYTES) wake()
  }
  const running = work({ onProgress, signal: either }).finally(() => {
    ended = true
    wake()
  })
  // its failure is thrown below, also when the reader has left before
  running.catch(() => {})
  try {
    while (!ended) {
      await new Promise<void>((resolve) => {
        wake = resolve
        if (ended || at.doneBytes - told >= STEP_BYTES) resolve()
      })
      if (ended) break
      told = at.doneBytes
      yield { ...at, result: null }
    }
    const result = await running
    yield { ...at, result }
    return
  } finally {
    abort.abort()
    await running.catch(() => {})
  }
}
