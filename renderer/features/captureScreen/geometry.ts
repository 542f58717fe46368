import type { Region, Size } from '#contract'

export interface Point {
  readonly x: number
  readonly y: number
}

/**
 * The view of a picture in an area: `scale` in CSS pixels per picture pixel, and the place of its upper left corner.
 */
export interface View extends Point {
  readonly scale: number
}

const clamp = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), Math.max(min, max))

/**
 * The whole picture in the middle of an area, never larger than its own pixels on a screen of `density` pixels per CSS
 * pixel.
 */
export function fitted(picture: Size, area: Size, density = 1): View {
  const scale = Math.min(area.width / picture.width, area.height / picture.height, 1 / density)
  return { scale, x: (area.width - picture.width * scale) / 2, y: (area.height - picture.height * scale) / 2 }
}

/** The picture's pixel under a point of the area; the nearest one for points beside it. */
export function pixelAt(point: Point, view: View, picture: Size): Point {
  return {
    x: clamp(Math.floor((point.x - view.x) / view.scale), 0, picture.width - 1),
    y: clamp(Math.floor((point.y - view.y) / view.scale), 0, picture.height - 1),
  }
}

/** The place of a region of the picture in the area, in CSS pixels. */
export const shownRegion = (region: Region, view: View): { x: number; y: number; width: number; height: number } => ({
  x: view.x + region.x * view.scale,
  y: view.y + region.y * view.scale,
  width: region.width * view.scale,
  height: region.height * view.scale,
})

/** The region whose opposite corners are two pixels, both included. */
export const between = (a: Point, b: Point): Region => ({
  x: Math.min(a.x, b.x),
  y: Math.min(a.y, b.y),
  width: Math.abs(a.x - b.x) + 1,
  height: Math.abs(a.y - b.y) + 1,
})

/** The region moved by whole pixels, kept within the picture. */
export const moved = (region: Region, by: Point, picture: Size): Region => ({
  ...region,
  x: clamp(region.x + by.x, 0, picture.width - region.width),
  y: clamp(region.y + by.y, 0, picture.height - region.height),
})

/** The edges that a handle moves: -1 left or top, 1 right or bottom, 0 neither. */
export type Handle = { readonly x: -1 | 0 | 1; readonly y: -1 | 0 | 1 }

/** One edge or side of a length moved; it stays at least a pixel long and within `limit`. */
function sized(
  start: number,
  length: number,
  edge: -1 | 0 | 1,
  by: number,
  limit: number,
): readonly [start: number, length: number] {
  if (edge === 0) return [start, length]
  if (edge === 1) return [start, clamp(length + by, 1, limit - start)]
  const next = clamp(start + by, 0, start + length - 1)
  return [next, start + length - next]
}

/** The region with the edges of a handle moved by whole pixels. */
export function resized(region: Region, handle: Handle, by: Point, picture: Size): Region {
  const [x, width] = sized(region.x, region.width, handle.x, by.x, picture.width)
  const [y, height] = sized(region.y, region.height, handle.y, by.y, picture.height)
  return { x, y, width, height }
}

/** The whole picture. */
export const wholeOf = ({ width, height }: Size): Region => ({ x: 0, y: 0, width, height })

/** True when a region, e.g. one that was remembered, lies within the picture. */
export const liesWithin = ({ x, y, width, height }: Region, picture: Size): boolean =>
  x >= 0 && y >= 0 && x + width <= picture.width && y + height <= picture.height

/** Between a panel and the region that it is about, in CSS pixels. */
const GAP = 12

/**
 * Where a panel of `size` goes: beside the region, on the first side with room for the largest it may become (right,
 * left, below, above), so that it stays on that side while it grows; else in the lower right corner of the area. All in
 * the same unit, CSS pixels; within the area, as far as it fits.
 */
export function panelPlace(region: Region, area: Region, size: Size, most: Size): Region {
  const right = area.x + area.width
  const bottom = area.y + area.height
  const along = (start: number, length: number, from: number, to: number): number =>
    Math.round(clamp(start, from, to - length))
  const besideY = along(region.y, size.height, area.y + GAP, bottom - GAP)
  const underX = along(region.x, size.width, area.x + GAP, right - GAP)
  const places = [
    { fits: region.x + region.width + GAP + most.width + GAP <= right, x: region.x + region.width + GAP, y: besideY },
    { fits: region.x - GAP - most.width - GAP >= area.x, x: region.x - GAP - size.width, y: besideY },
    {
      fits: region.y + region.height + GAP + most.height + GAP <= bottom,
      x: underX,
      y: region.y + region.height + GAP,
    },
    { fits: region.y - GAP - most.height - GAP >= area.y, x: underX, y: region.y - GAP - size.height },
  ]
  const { x, y } = places.find(({ fits }) => fits) ?? { x: right - GAP - size.width, y: bottom - GAP - size.height }
  const marginX = Math.max(0, Math.min(GAP, (area.width - size.width) / 2))
  const marginY = Math.max(0, Math.min(GAP, (area.height - size.height) / 2))
  return {
    x: Math.round(clamp(x, area.x + marginX, right - marginX - size.width)),
    y: Math.round(clamp(y, area.y + marginY, bottom - marginY - size.height)),
    ...size,
  }
}
