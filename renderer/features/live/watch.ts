import type { TrackFrames } from '../../lib/capture/trackFrames.ts'
import { fingerprint, GRID, hasChanged, type Fingerprint } from './change.ts'
import type { Moment } from './moments.ts'

/** Longest side of a kept frame in pixels: more than a model looks at in a video. */
const MAX_SIDE = 1280
const QUALITY = 0.92

async function toJpeg(frame: VideoFrame): Promise<Blob> {
  const scale = Math.min(1, MAX_SIDE / Math.max(frame.displayWidth, frame.displayHeight))
  const [width, height] = [
    Math.max(1, Math.round(frame.displayWidth * scale)),
    Math.max(1, Math.round(frame.displayHeight * scale)),
  ]
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d', { alpha: false })?.drawImage(frame, 0, 0, width, height)
  return canvas.convertToBlob({ type: 'image/jpeg', quality: QUALITY })
}

/**
 * Looks at the frames of a track at an interval and tells those that show something new. Nothing else is kept.
 *
 * @returns Ends it; `now` is the frame of this moment as a picture, null before the first.
 */
export function watchFrames(
  frames: TrackFrames,
  intervalMs: number,
  onMoment: (moment: Moment) => void,
): { now: () => Promise<Blob | null>; end: () => void } {
  const grid = new OffscreenCanvas(GRID.width, GRID.height).getContext('2d', { alpha: false, willReadFrequently: true })
  let before: Fingerprint | null = null
  let looking = false
  let ended = false

  const look = async (): Promise<void> => {
    const frame = frames.latest()
    if (!frame || looking || !grid) return
    grid.drawImage(frame, 0, 0, GRID.width, GRID.height)
    const print = fingerprint(grid.getImageData(0, 0, GRID.width, GRID.height).data)
    if (!hasChanged(before, print)) return
    before = print
    looking = true
    const at = performance.now()
    const picture = await toJpeg(frame).finally(() => (looking = false))
    if (!ended) onMoment({ at, picture })
  }
  const safely = (): void => void look().catch(() => {})
  const timer = setInterval(safely, intervalMs)
  void frames.first.then(safely)
  return {
    async now() {
      const frame = frames.latest()
      return frame ? toJpeg(frame) : null
    },
    end() {
      ended = true
      clearInterval(timer)
    },
  }
}
