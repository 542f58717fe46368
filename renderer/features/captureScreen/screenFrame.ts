import { AppError } from '#contract'

/** Not in TypeScript's DOM types yet: says what has the focus once the user has chosen what to show. */
declare global {
  var CaptureController: new () => { setFocusBehavior(behavior: 'no-focus-change'): void }
  interface DisplayMediaStreamOptions {
    controller?: object
  }
}

/** Whether this window can ask to see the screen at all. */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === 'function'

/** Why the screen was not shown, in the user's words; null when its user closed the browser's question. */
export function refusal(thrown: unknown): AppError | null {
  const name = thrown instanceof Error ? thrown.name : ''
  if (name === 'AbortError' || (name === 'NotAllowedError' && !String(thrown).includes('by system'))) return null
  if (name === 'NotAllowedError') return new AppError('Unauthorized', 'The system does not let this browser see the screen. Allow it in the system’s privacy settings, then start the browser again.')
  return new AppError('EngineFailed', 'The screen could not be captured. Choose another window or screen.')
}

/**
 * Has the user choose a screen, window or tab, and starts to read it. Needs a click or key press just before. Rejects with
 * AppError; null when the user chose nothing.
 */
export async function shareScreen(): Promise<MediaStreamVideoTrack | null> {
  try {
    // The chosen tab or window stays behind: the region is chosen here.
    const controller = new CaptureController()
    controller.setFocusBehavior('no-focus-change')
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false, controller })
    return (stream.getVideoTracks()[0] as MediaStreamVideoTrack | undefined) ?? null
  } catch (thrown) {
    const refused = refusal(thrown)
    if (refused) throw refused
    return null
  }
}

/**
 * The picture of a track once `ready` resolves. A screen on which nothing changes sends no further frame, so the last one
 * before counts. The track is ended. Rejects with AppError when it ended without a frame.
 */
export async function grabFrame(track: MediaStreamVideoTrack, ready: Promise<void>): Promise<ImageBitmap> {
  const frames = new MediaStreamTrackProcessor({ track, maxBufferSize: 1 }).readable.getReader()
  let last: VideoFrame | null = null
  let isDue = false
  const due = ready.then(() => {
    isDue = true
    return null
  })
  due.catch(() => {})
  try {
    while (!isDue || !last) {
      const read: ReadableStreamReadResult<VideoFrame> | null = last ? await Promise.race([due, frames.read()]) : await frames.read()
      if (read?.done) break
      if (!read) continue
      last?.close()
      last = read.value
    }
    if (!last) throw new AppError('Interrupted', 'The screen was no longer shown. Capture it again.')
    return await createImageBitmap(last)
  } finally {
    last?.close()
    track.stop()
    frames.cancel().catch(() => {})
  }
}
