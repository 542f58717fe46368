import type { Region, Size } from '#contract'

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

/** The part of a rectangle of the desktop that is on a display, in pixels of the display's picture; null: none of it. */
export function inPicture(rect: Region, picture: Size, bounds: Region): Region | null {
  const across = picture.width / bounds.width
  const down = picture.height / bounds.height
  const within = (value: number, most: number): number => Math.min(Math.max(Math.round(value), 0), most)
  const x = within((rect.x - bounds.x) * across, picture.width)
  const y = within((rect.y - bounds.y) * down, picture.height)
  const width = within((rect.x + rect.width - bounds.x) * across, picture.width) - x
  const height = within((rect.y + rect.height - bounds.y) * down, picture.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** A rectangle moved, and where it must be shrunk, so that it lies within `area`. */
export function keptWithin(rect: Region, area: Region): Region {
  const width = Math.min(rect.width, area.width)
  const height = Math.min(rect.height, area.height)
  const x = Math.min(Math.max(rect.x, area.x), area.x + area.width - width)
  const y = Math.min(Math.max(rect.y, area.y), area.y + area.height - height)
  return { x, y, width, height }
}
