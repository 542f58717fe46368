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

/**
 * The chunks of an HTTP request's body as they come, each good until the next one is asked for; `onSilence` is called when that
 * is not there within `ms`. How long its reader takes for a chunk, or the whole body takes, does not matter.
 */
export async function* unlessSilent(
  body: AsyncIterable<Uint8Array>,
  ms: number,
  onSilence: () => void,
): AsyncGenerator<Uint8Array> {
  let timer = setTimeout(onSilence, ms)
  try {
    for await (const chunk of body) {
      clearTimeout(timer)
      yield chunk
      free(chunk)
      timer = setTimeout(onSilence, ms)
    }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Gives back the memory of a chunk that nobody reads any more, if it has it for itself. Left to the garbage collector, some
 * 64 MB of such chunks gather before it looks at them.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
