import { readFileSync, writeFileSync } from 'node:fs'
import type { Rectangle } from 'electron'
import { z } from 'zod'

const Bounds = z.object({ x: z.int(), y: z.int(), width: z.int().min(200), height: z.int().min(200) })

/** Where a window was, in device-independent pixels; null when nothing sound is remembered or it is on no screen now. */
export function readBounds(file: string, screens: readonly Rectangle[]): Rectangle | null {
  try {
    const bounds = Bounds.parse(JSON.parse(readFileSync(file, 'utf8')))
    return screens.some((screen) => overlaps(bounds, screen)) ? bounds : null
  } catch {
    return null
  }
}

/** Remembers where a window is. A file that cannot be written only costs the memory of the place. */
export function writeBounds(file: string, bounds: Rectangle): void {
  try {
    writeFileSync(file, JSON.stringify(bounds))
  } catch {
    return
  }
}

/** At least 64 x 32 pixels of the title bar must be reachable. */
function overlaps(window: Rectangle, screen: Rectangle): boolean {
  const across = Math.min(window.x + window.width, screen.x + screen.width) - Math.max(window.x, screen.x)
  return across >= 64 && window.y >= screen.y && window.y + 32 <= screen.y + screen.height
}
