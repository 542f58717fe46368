import { readFileSync } from 'node:fs'
import type { Size } from 'electron'
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
