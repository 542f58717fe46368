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
