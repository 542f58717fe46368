import type { TrackFrames } from '../../lib/mediaTracks.ts'
import type { Moment } from './store.ts'

/** Cells of a fingerprint across and down: enough to notice a word that appears, too few to notice noise. */
export const GRID = { width: 32, height: 18 } as const

/** A frame as the brightness of its cells, 0..255, row by row. */
export type Fingerprint = Uint8Array

/** The fingerprint of a frame that was scaled to the grid; `rgba`: its pixels. Luma by ITU-R BT.709. */
export function fingerprint(rgba: Uint8ClampedArray): Fingerprint {
  return Uint8Array.from({ length: rgba.length / 4 }, (_, cell) =>
    Math.round(0.2126 * rgba[4 * cell]! + 0.7152 * rgba[4 * cell + 1]! + 0.0722 * rgba[4 * cell + 2]!),
  )
}

/** One cell that differs by this much is a change, or all of them by a little: a camera's noise is below both. */
const CELL_STEP = 14
const MEAN_STEP = 2.5

/** Whether a frame shows something else than an earlier one. */
export function hasChanged(before: Fingerprint | null, now: Fingerprint): boolean {
  if (before === null || before.length !== now.length) return true
  let sum = 0
  for (const [cell, value] of now.entries()) {
    const step = Math.abs(value - before[cell]!)
    if (step >= CELL_STEP) return true
    sum += step
  }
  return sum >= MEAN_STEP * now.length
}

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

/** The frames of a track being looked at. */
export interface Watch {
  /** The frame of this moment as a picture; null before the first. */
  now(): Promise<Blob | null>
  /** Looks at this interval from now on. */
  lookEvery(intervalMs: number): void
  end(): void
}

/**
 * Looks at the frames of a track every `intervalMs` and calls `onMoment` with those that show something new. Nothing
 * else is kept.
 */
export function watchFrames(frames: TrackFrames, intervalMs: number, onMoment: (moment: Moment) => void): Watch {
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
  let timer = setInterval(safely, intervalMs)
  void frames.first.then(safely)
  return {
    async now() {
      const frame = frames.latest()
      return frame ? toJpeg(frame) : null
    },
    lookEvery(nextMs) {
      clearInterval(timer)
      timer = setInterval(safely, nextMs)
    },
    end() {
      ended = true
      clearInterval(timer)
    },
  }
}
