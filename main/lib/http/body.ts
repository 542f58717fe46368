/**
 * The chunks of `body`; ends with what `toError` makes of the cause when it fails or at the moment of the abort, even while
 * it is silent.
 */
export async function* untilAborted(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  toError: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => {})
  const abort = () => reject(signal?.reason)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  let ended = false
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]).catch((error: unknown) =>
        Promise.reject(toError(error)),
      )
      if (next.done) {
        ended = true
        return
      }
      yield next.value
    }
  } finally {
    signal?.removeEventListener('abort', abort)
    // Not awaited: a body that is silent may never answer.
    if (!ended) iterator.return?.().catch(() => {})
  }
}
