import { open } from 'node:fs/promises'
import { AppError, MAX_FRAME_SIDE, say } from '#contract'
import type { RawFrame } from '#contract'
import { arriving } from '../../../lib/http/body.ts'
import type { FrameSet } from './types.ts'

/** The largest frame that is taken, in pixels: somewhat more than 8K. */
const MAX_FRAME_PIXELS = 40_000_000
/** A side of the picture that stands for a video in lists, in pixels. */
const MAX_POSTER_SIDE = 512

const channels = { rgb: 3, rgba: 4 } as const
const bytesOf = ({ width, height, format }: RawFrame): number => width * height * channels[format]

/** Throws InvalidInput for a frame that is neither as large as its video nor as the model sees it, MediaTooLarge. */
export function checkFrameSize({ width, height }: RawFrame, { video, sample }: FrameSet): void {
  if (width * height > MAX_FRAME_PIXELS) {
    const message = `A frame of ${width} x ${height} pixels is too large. Make the video smaller and add it again.`
    throw new AppError('MediaTooLarge', message, { width, height })
  }
  if (width === video.width && height === video.height) return
  if (width === sample.width && height === sample.height) return
  const mayShrink =
    Math.max(video.width, video.height) > MAX_FRAME_SIDE && width <= video.width && height <= video.height
  if (mayShrink && width >= sample.width && height >= sample.height) return
  throw new AppError(
    'InvalidInput',
    say`A frame came with ${width} x ${height} pixels; the video has ${video.width} x ${video.height}. Add the video again.`,
    { width, height, videoWidth: video.width, videoHeight: video.height },
  )
}

/** Throws InvalidInput for a poster that is larger than any is. */
export function checkPosterSize({ width, height }: RawFrame): void {
  if (Math.max(width, height) <= MAX_POSTER_SIDE) return
  throw new AppError(
    'InvalidInput',
    say`The picture of a video has at most ${MAX_POSTER_SIDE} pixels a side, not ${width} x ${height}. Add the video again.`,
  )
}

/** The pixels of a frame as they come. Throws InvalidInput when there are more or fewer than its size says, Interrupted. */
async function* pixelsOf(
  body: AsyncIterable<Uint8Array>,
  raw: RawFrame,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const expected = bytesOf(raw)
  const wrong = (bytes: number) => {
    const came = bytes > expected ? 'more' : `only ${bytes}`
    const message = `A frame of ${raw.width} x ${raw.height} pixels has ${expected} bytes; ${came} came. Add the video again.`
    return new AppError('InvalidInput', message, { expected })
  }
  let bytes = 0
  for await (const chunk of arriving(body, signal, interrupted)) {
    bytes += chunk.length
    if (bytes > expected) throw wrong(bytes)
    yield chunk
  }
  if (bytes !== expected) throw wrong(bytes)
}

/** The pixels of a frame that a model sees, so that they are few. Throws as `receiveFrame` but for the disk. */
export async function receivePixels(
  body: AsyncIterable<Uint8Array>,
  raw: RawFrame,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(bytesOf(raw))
  let bytes = 0
  for await (const chunk of pixelsOf(body, raw, signal)) {
    pixels.set(chunk, bytes)
    bytes += chunk.length
  }
  return pixels
}

/**
 * Writes the pixels of a frame to the new file `target`. Throws InvalidInput when there are more or fewer than its size
 * says, Interrupted, StorageFailed. The file may be there half written then.
 */
export async function receiveFrame(
  body: AsyncIterable<Uint8Array>,
  raw: RawFrame,
  target: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = await open(target, 'wx', 0o600).catch((error: unknown) => Promise.reject(cannotStore(error)))
  try {
    for await (const chunk of pixelsOf(body, raw, signal)) await file.writeFile(chunk)
  } catch (error) {
    throw error instanceof AppError ? error : cannotStore(error)
  } finally {
    await file.close()
  }
}

const interrupted = (cause: unknown): AppError =>
  new AppError('Interrupted', say`A frame did not arrive completely. Add the video again.`, undefined, { cause })

/** The disk or the folder refused. */
export function cannotStore(cause: unknown): AppError {
  const advice = 'Check that the disk has room and the data folder can be written, then add it again.'
  return new AppError('StorageFailed', say`Frames of the video could not be stored. ${advice}`, undefined, { cause })
}
