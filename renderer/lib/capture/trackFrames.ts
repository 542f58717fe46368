import { AppError } from '#contract'

/** The frames of a track as they come: only the last one is held. */
export interface TrackFrames {
  /** The last frame; its owner closes it. null before the first. */
  latest(): VideoFrame | null
  /** The first frame is there. */
  readonly first: Promise<void>
  /** The track ended by itself: nothing is shared any more. */
  readonly ended: Promise<void>
  /** Ends the track and forgets the last frame. */
  stop(): void
}

/** Reads a track until it ends. A screen on which nothing changes sends no further frame, so the last one stays. */
export function readTrack(track: MediaStreamVideoTrack): TrackFrames {
  const reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable.getReader()
  let last: VideoFrame | null = null
  let stopped = false
  const first = Promise.withResolvers<void>()
  const read = async (): Promise<void> => {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) return
      last?.close()
      last = value
      if (stopped) break
      first.resolve()
    }
  }
  const ended = read().catch(() => {})
  return {
    latest: () => last,
    first: first.promise,
    ended,
    stop() {
      stopped = true
      track.stop()
      reader.cancel().catch(() => {})
      last?.close()
      last = null
    },
  }
}

/** How long a screen may take to send its first picture, in ms. */
const PATIENCE_MS = 10_000

/**
 * The picture of a track once `ready` resolves; the track is ended then. Rejects with AppError when none comes, and as
 * `ready` does.
 */
export async function grabFrame(track: MediaStreamVideoTrack, ready: Promise<void>): Promise<ImageBitmap> {
  const frames = readTrack(track)
  const overdue = Promise.withResolvers<never>()
  let timer: ReturnType<typeof setTimeout> | undefined
  try {
    await Promise.race([ready, frames.ended])
    timer = setTimeout(
      () =>
        overdue.reject(
          new AppError(
            'EngineFailed',
            'The screen sent no picture. Capture it again, or choose another window or screen.',
          ),
        ),
      PATIENCE_MS,
    )
    await Promise.race([frames.first, frames.ended, overdue.promise])
    const frame = frames.latest()
    if (!frame) throw new AppError('Interrupted', 'The screen was no longer shown. Capture it again.')
    return await createImageBitmap(frame)
  } finally {
    clearTimeout(timer)
    frames.stop()
  }
}
