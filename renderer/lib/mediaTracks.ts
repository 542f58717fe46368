import { t } from '@lingui/core/macro'
import { AppError } from '#contract'
import { whenHost } from './host.ts'
import { call } from './rpc.ts'

/** Not in TypeScript's DOM types yet: says what has the focus once the user has chosen what to show. */
declare global {
  var CaptureController: new () => { setFocusBehavior(behavior: 'no-focus-change'): void }
  interface DisplayMediaStreamOptions {
    controller?: object
  }
}

/** Frames per second: enough for a preview, and nothing is looked at more often. */
const MOST_FRAMES = { max: 10 }

/** The error for a camera or screen that was not shown; null when the user closed the system's dialog. */
function refusal(thrown: unknown, what: 'camera' | 'screen'): AppError | null {
  const name = thrown instanceof Error ? thrown.name : ''
  const isBySystem = String(thrown).includes('by system')
  if (name === 'AbortError' || (name === 'NotAllowedError' && !isBySystem && what === 'screen')) return null
  if (name === 'NotAllowedError')
    return new AppError(
      'Unauthorized',
      what === 'camera'
        ? t`Sightline may not see the camera. Allow it in the privacy settings, then try again.`
        : t`Sightline may not see the screen. Allow it in the privacy settings, then try again.`,
    )
  if (name === 'NotFoundError' && what === 'camera')
    return new AppError('NotFound', t`There is no camera. Connect one, or watch a screen or window.`)
  return new AppError(
    'EngineFailed',
    what === 'camera'
      ? t`The camera could not be opened. Close other programs that use it, then try again.`
      : t`The screen could not be captured. Choose another window or screen.`,
  )
}

/** Asks the shell to let the page see the screen or the camera, which it does not do unasked. */
async function allowed(what: 'camera' | 'screen', sourceId: string | null): Promise<void> {
  const { capabilities } = await whenHost()
  if (capabilities.capture) await call((core) => core.capture.allow({ what, sourceId }))
}

/**
 * Starts to read a screen, window or tab: that of `sourceId` where the shell lists them, else the one that the user
 * chooses when the system or the browser asks. Needs a click or key press just before. Rejects with AppError; null when
 * the user chose nothing.
 */
export async function shareScreen(sourceId: string | null = null): Promise<MediaStreamVideoTrack | null> {
  try {
    await allowed('screen', sourceId)
    // The chosen tab or window stays behind: the region is chosen here.
    const controller = new CaptureController()
    controller.setFocusBehavior('no-focus-change')
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: MOST_FRAMES },
      audio: false,
      controller,
    })
    return (stream.getVideoTracks()[0] as MediaStreamVideoTrack | undefined) ?? null
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown
    const refused = refusal(thrown, 'screen')
    if (refused) throw refused
    return null
  }
}

/** Starts to read the camera, without sound. Rejects with AppError. */
export async function openCamera(): Promise<MediaStreamVideoTrack> {
  try {
    await allowed('camera', null)
    const stream = await navigator.mediaDevices.getUserMedia({
      video: { width: { ideal: 1280 }, frameRate: MOST_FRAMES },
      audio: false,
    })
    return stream.getVideoTracks()[0] as MediaStreamVideoTrack
  } catch (thrown) {
    throw thrown instanceof AppError ? thrown : (refusal(thrown, 'camera') ?? thrown)
  }
}

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
            t`The screen sent no picture. Capture it again, or choose another window or screen.`,
          ),
        ),
      PATIENCE_MS,
    )
    await Promise.race([frames.first, frames.ended, overdue.promise])
    const frame = frames.latest()
    if (!frame) throw new AppError('Interrupted', t`The screen was no longer shown. Capture it again.`)
    return await createImageBitmap(frame)
  } finally {
    clearTimeout(timer)
    frames.stop()
  }
}
