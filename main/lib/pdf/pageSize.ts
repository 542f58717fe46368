import type { Size } from '#contract'

/** The finest that a page is drawn at, in pixels per point: 200 dpi, as readers of pages are given them. */
const FINEST = 200 / 72
/** Pixels that even a small page may have: UserUnit, which says how large a point is, is not known here. */
const ALWAYS = 1_000_000

/**
 * The size in pixels at which a page of so many points is drawn, where its picture may have `budget` pixels; null for a page
 * without an area.
 */
export function pageSize({ width, height }: Size, budget: number): Size | null {
  const area = width * height
  if (!(width > 0 && height > 0 && Number.isFinite(area))) return null
  const pixels = Math.min(budget, Math.max(ALWAYS, area * FINEST ** 2))
  const scale = Math.sqrt(pixels / area)
  const side = (points: number) => Math.max(1, Math.floor(points * scale))
  return { width: side(width), height: side(height) }
}
