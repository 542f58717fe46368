import { readFileSync, writeFileSync } from 'node:fs'
import type { Rectangle } from 'electron'
import { z } from 'zod'

const Place = z.object({
  ...{ x: z.int(), y: z.int(), width: z.int().min(200), height: z.int().min(200) },
  state: z.enum(['normal', 'maximized', 'fullScreen']).catch('normal'),
})

/**
 * Where a window is, in device-independent pixels, and whether it fills its screen instead; the pixels are those that it
 * has when it does not.
 */
export type WindowPlace = z.infer<typeof Place>

/** Where a window was; null when nothing sound is remembered or it is on no screen now. */
export function readPlace(file: string, screens: readonly Rectangle[]): WindowPlace | null {
  try {
    const place = Place.parse(JSON.parse(readFileSync(file, 'utf8')))
    return screens.some((screen) => overlaps(place, screen)) ? place : null
  } catch {
    return null
  }
}

/** Remembers where a window is. A file that cannot be written only costs the memory of the place. */
export function writePlace(file: string, place: WindowPlace): void {
  try {
    writeFileSync(file, JSON.stringify(place))
  } catch {
    return
  }
}

/** At least 64 x 32 pixels of the title bar must be reachable. */
function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  return across >= 64 && window.y >= screen.y && window.y + 32 <= screen.y + screen.height
}
