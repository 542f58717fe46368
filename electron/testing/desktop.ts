import type { Display, Point, Rectangle } from 'electron'
import { encodePng } from '../../main/lib/workload/png.ts'
import { nativeImage } from './nativeImage.ts'
import type { Surface } from './surface.ts'

const bounds = { x: 0, y: 0, width: 1920, height: 1080 }
const one = { id: 1, bounds, workArea: bounds, size: { width: 1920, height: 1080 }, scaleFactor: 1 } as Display

/** One display, with the pointer in its corner; tests replace the functions. */
export const screen: Surface['screen'] = {
  getAllDisplays: () => [one],
  getCursorScreenPoint: () => ({ x: 0, y: 0 }),
  getDisplayNearestPoint: (point) => screen.getAllDisplays().find((display) => holds(display.bounds, point)) ?? one,
}

/** The scale factor of the display that a window begins on. */
export const scaleFactorAt = (place: Rectangle): number => screen.getDisplayNearestPoint(place).scaleFactor

/** A grey picture of each display; tests replace the function by one that gives what they want to be seen. */
export const desktopCapturer: Surface['desktopCapturer'] = {
  getSources: async ({ types, thumbnailSize: { width, height } = { width: 150, height: 150 } }) =>
    screen.getAllDisplays().flatMap(({ id }, index) => {
      const grey = Buffer.from(encodePng(new Uint8Array(width * height * 3).fill(128), width, height))
      const source = {
        id: `screen:${index}:0`,
        name: `Screen ${index + 1}`,
        display_id: String(id),
        thumbnail: nativeImage.createFromBuffer(grey),
      }
      return types.includes('screen') ? [source] : []
    }),
}

const holds = ({ x, y, width, height }: Rectangle, point: Point): boolean =>
  point.x >= x && point.x < x + width && point.y >= y && point.y < y + height
