import { AppError } from '#contract'
import { sendBytes } from '../sendBytes.ts'
import type { Frame } from './types.ts'

/**
 * The browser keeps its own copy of what was sent until it collects garbage, and does not count it: hundreds of megabytes
 * would gather. Memory that nobody touches takes no room, but is counted, and has the garbage collected every few frames.
 */
const COUNTED_BYTES = 16 << 20
/** A call is kept by the bundler; an assignment that nobody reads is not. */
const counted = new Map<'last', ArrayBuffer>()

/**
 * Sends a frame's pixels to the core.
 *
 * @throws {AppError} What the core says, `Interrupted` when it cannot be reached or `signal` aborts.
 */
export async function sendFrame(
  address: string,
  { width, height, format, pixels }: Frame,
  signal: AbortSignal,
): Promise<void> {
  counted.set('last', new ArrayBuffer(COUNTED_BYTES))
  await sendBytes(`${address}?width=${width}&height=${height}&format=${format}`, new Uint8Array(pixels), signal).catch(
    (error: unknown) => {
      throw signal.aborted ? new AppError('Interrupted', 'Reading the video was stopped.') : error
    },
  )
}
