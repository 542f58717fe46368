import type { Region } from '#contract'

interface Size {
  readonly width: number
  readonly height: number
}

/** True when a region lies within a picture. */
export const isWithin = ({ x, y, width, height }: Region, picture: Size): boolean =>
  x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height

/**
 * Where a region of a display's picture is on the desktop: pixels of the picture to device-independent pixels, the smallest
 * whole rectangle that holds it. The picture's own size counts, not the display's scale factor, which systems round.
 */
export function onDesktop(region: Region, picture: Size, bounds: Region): Region {
  const across = bounds.width / picture.width
  const down = bounds.height / picture.height
  const x = Math.floor(region.x * across)
  const y = Math.floor(region.y * down)
  const right = Math.min(bounds.width, Math.ceil((region.x + region.width) * across))
  const bottom = Math.min(bounds.height, Math.ceil((region.y + region.height) * down))
  return { x: bounds.x + x, y: bounds.y + y, width: Math.max(1, right - x), height: Math.max(1, bottom - y) }
}

/** A rectangle moved, and where it must be shrunk, so that it lies within `area`. */
export function keptWithin(rect: Region, area: Region): Region {
  const width = Math.min(rect.width, area.width)
  const height = Math.min(rect.height, area.height)
  const x = Math.min(Math.max(rect.x, area.x), area.x + area.width - width)
  const y = Math.min(Math.max(rect.y, area.y), area.y + area.height - height)
  return { x, y, width, height }
}
