import { AppError, ErrorInfo } from '#contract'
import { connectionLost } from '../errors.ts'
import type { Frame } from './types.ts'

/**
 * The browser keeps its own copy of what was sent until it collects garbage, and does not count it: hundreds of megabytes
 * would gather. Memory that nobody touches takes no room, but is counted, and has the garbage collected every few frames.
 */
const COUNTED_BYTES = 16 << 20
/** A call is kept by the bundler; an assignment that nobody reads is not. */
const counted = new Map<'last', ArrayBuffer>()

/** Sends a frame's pixels to the core. @throws {AppError} What the core says, `Interrupted` when it cannot be reached or `signal` aborts. */
export async function sendFrame(
  address: string,
  { width, height, format, pixels }: Frame,
  signal: AbortSignal,
): Promise<void> {
  counted.set('last', new ArrayBuffer(COUNTED_BYTES))
  let response: Response
  try {
    response = await fetch(`${address}?width=${width}&height=${height}&format=${format}`, {
      method: 'POST',
      body: pixels,
      signal,
    })
  } catch {
    throw signal.aborted ? new AppError('Interrupted', 'Reading the video was stopped.') : connectionLost()
  }
  if (response.ok) return
  const info = ErrorInfo.safeParse(await response.json().catch(() => null))
  throw info.success
    ? AppError.from(info.data)
    : new AppError('StorageFailed', `A frame could not be stored (status ${response.status}). Try again.`)
}
