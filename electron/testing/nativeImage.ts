import { readFileSync } from 'node:fs'
import type { Size } from 'electron'
import type { NativeImageSurface, Surface } from './surface.ts'

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A PNG as far as its header tells; what is missing or no PNG is empty, as in Electron. */
class StandInImage implements NativeImageSurface {
  private readonly size: Size
  private isTemplate: boolean

  constructor(size: Size, isTemplate: boolean) {
    this.size = size
    this.isTemplate = isTemplate
  }

  isEmpty(): boolean {
    return this.size.width === 0
  }

  getSize(): Size {
    return this.size
  }

  isTemplateImage(): boolean {
    return this.isTemplate
  }

  setTemplateImage(option: boolean): void {
    this.isTemplate = option
  }
}

export const nativeImage: Surface['nativeImage'] = {
  createFromPath: (path) => new StandInImage(pngSize(path), /Template(@[\d.]+x)?\.png$/.test(path)),
}

/** In pixels; 0 x 0 when there is no PNG. */
function pngSize(path: string): Size {
  const empty = { width: 0, height: 0 }
  try {
    const head = readFileSync(path).subarray(0, 24)
    return head.subarray(0, PNG.length).equals(PNG) ? { width: head.readUInt32BE(16), height: head.readUInt32BE(20) } : empty
  } catch {
    return empty
  }
}
