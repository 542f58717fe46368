import type { Region } from '#contract'
import type { Size } from './geometry.ts'

const GAP = 12

const clamp = (value: number, min: number, max: number): number =>
  Math.round(Math.min(Math.max(value, min), Math.max(min, max)))

/**
 * Where a panel of `size` goes: beside the region, on the first side with room for the largest it may become (right, left,
 * below, above), so that it stays on that side while it grows; else in the lower right corner of the area. All in the same
 * unit, CSS pixels; within the area, as far as it fits.
 */
export function panelPlace(region: Region, area: Region, size: Size, most: Size): Region {
  const right = area.x + area.width
  const bottom = area.y + area.height
  const along = (start: number, length: number, from: number, to: number): number => clamp(start, from, to - length)
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
    x: clamp(x, area.x + marginX, right - marginX - size.width),
    y: clamp(y, area.y + marginY, bottom - marginY - size.height),
    ...size,
  }
}
