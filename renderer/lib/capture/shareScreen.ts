import { AppError } from '#contract'
import { call } from '../rpc.ts'
import { whenHost } from '../host.ts'

/** Not in TypeScript's DOM types yet: says what has the focus once the user has chosen what to show. */
declare global {
  var CaptureController: new () => { setFocusBehavior(behavior: 'no-focus-change'): void }
  interface DisplayMediaStreamOptions {
    controller?: object
  }
}

/** Frames per second: enough for a preview, and nothing is looked at more often. */
const MOST_FRAMES = { max: 10 }

/** Whether this window can ask to see the screen at all. */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === 'function'

/** The error for a camera or screen that was not shown; null when the user closed the system's dialog. */
export function refusal(thrown: unknown, what: 'camera' | 'screen'): AppError | null {
  const name = thrown instanceof Error ? thrown.name : ''
  const isBySystem = String(thrown).includes('by system')
  if (name === 'AbortError' || (name === 'NotAllowedError' && !isBySystem && what === 'screen')) return null
  if (name === 'NotAllowedError')
    return new AppError(
      'Unauthorized',
      `Sightline may not see the ${what}. Allow it in the privacy settings, then try again.`,
    )
  if (name === 'NotFoundError' && what === 'camera')
    return new AppError('NotFound', 'There is no camera. Connect one, or watch a screen or window.')
  return new AppError(
    'EngineFailed',
    what === 'camera'
      ? 'The camera could not be opened. Close other programs that use it, then try again.'
      : 'The screen could not be captured. Choose another window or screen.',
  )
}

/** Asks the shell to let the page see the screen or the camera, which it does not do unasked. */
async function allowed(what: 'camera' | 'screen', sourceId: string | null): Promise<void> {
  const { capabilities } = await whenHost()
  if (capabilities.capture) await call((core) => core.capture.allow({ what, sourceId }))
}

/**
 * Starts to read a screen, window or tab: that of `sourceId` where the shell lists them, else the one that the user
 * chooses
 * when the system or the browser asks. Needs a click or key press just before. Rejects with AppError; null when the
 * user
 * chose nothing.
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
