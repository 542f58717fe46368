import { readFileSync } from 'node:fs'
import type { Display, Point, Rectangle, Size } from 'electron'
import { encodePng } from '../../main/lib/workload.ts'
import type { NativeImageSurface, Surface } from './surface.ts'

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A PNG file, kept as it is; what is missing or no PNG is empty, as in Electron. */
class StandInImage implements NativeImageSurface {
  private readonly png: Buffer
  private readonly size: Size
  private isTemplate: boolean

  constructor(png: Buffer, isTemplate: boolean) {
    this.png = png
    this.size = pngSize(png)
    this.isTemplate = isTemplate
  }

  isEmpty(): boolean {
    return this.size.width === 0
  }

  getSize(): Size {
    return this.size
  }

  toPNG(): Buffer {
    return this.png
  }

  isTemplateImage(): boolean {
    return this.isTemplate
  }

  setTemplateImage(option: boolean): void {
    this.isTemplate = option
  }
}

export const nativeImage: Surface['nativeImage'] = {
  createFromPath: (path) => new StandInImage(bytesAt(path), /Template(@[\d.]+x)?\.png$/.test(path)),
  createFromBuffer: (buffer) => new StandInImage(buffer, false),
}

function bytesAt(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch {
    return Buffer.alloc(0)
  }
}

/** In pixels; 0 x 0 when it is no PNG. */
function pngSize(png: Buffer): Size {
  const isPng = png.length >= 24 && png.subarray(0, PNG.length).equals(PNG)
  return isPng ? { width: png.readUInt32BE(16), height: png.readUInt32BE(20) } : { width: 0, height: 0 }
}

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

const held = new Map<string, () => void>()
const MODIFIERS =
  /^(?:(?:CommandOrControl|CmdOrCtrl|Command|Cmd|Control|Ctrl|Alt|Option|AltGr|Shift|Super|Meta)\+)*[^+]+$/

/** Keys that nobody presses but tests, with `press`. As in Electron, what is no accelerator throws. */
export const globalShortcut: Surface['globalShortcut'] & { press(accelerator: string): void } = {
  register(accelerator, callback) {
    if (!MODIFIERS.test(accelerator))
      throw new TypeError(`Error processing argument at index 0, conversion failure from ${accelerator}`)
    if (held.has(accelerator)) return false
    held.set(accelerator, callback)
    return true
  },
  unregister: (accelerator) => void held.delete(accelerator),
  isRegistered: (accelerator) => held.has(accelerator),
  press: (accelerator) => held.get(accelerator)?.(),
}
