import { untilAborted } from '#contract'

/**
 * The chunks of a body that is on its way here. Ends with what `toError` makes of the cause when the body fails, or at the
 * moment of the abort, even while it is silent; what its reader throws is the reader's own.
 */
export async function* arriving(
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
  toError: (cause: unknown) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    yield* untilAborted(body, signal)
  } catch (cause) {
    throw toError(cause)
  }
}
