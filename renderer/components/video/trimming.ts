/** A chosen part of a video, in ms from its first frame. */
export interface Trim {
  readonly start: number
  readonly end: number
}

export type TrimEdge = keyof Trim

/** The least that can be chosen, in frames: the model takes them in pairs. */
const LEAST_FRAMES = 2

/**
 * The part after its edge was moved to `to`; it stays within the video of `duration` ms and at least two frames of
 * `step` ms long.
 */
export function moveEdge(trim: Trim, edge: TrimEdge, to: number, duration: number, step: number): Trim {
  const least = Math.min(duration, LEAST_FRAMES * step)
  const clamped =
    edge === 'start'
      ? Math.min(Math.max(0, to), trim.end - least)
      : Math.max(Math.min(duration, to), trim.start + least)
  const value = Math.min(duration, Math.max(0, clamped))
  return value === trim[edge] ? trim : { ...trim, [edge]: value }
}

/**
 * How far a key moves an edge, in ms; null for a key that does not. An arrow moves it by a frame, with Shift by a
 * second, Page Up and Page Down by a tenth of the video.
 */
export function keyStep(key: string, shift: boolean, duration: number, step: number): number | null {
  const by = shift ? 1000 : step
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -by,
    ArrowDown: -by,
    ArrowRight: by,
    ArrowUp: by,
    PageDown: -duration / 10,
    PageUp: duration / 10,
    Home: -duration,
    End: duration,
  }
  return steps[key] ?? null
}
