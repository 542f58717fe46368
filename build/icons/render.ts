import { join } from 'node:path'
import sharp from 'sharp'

/** Draws `icon.png` (1024 x 1024) from `icon.svg`; electron-builder makes the .ico and .icns from it. */
await sharp(join(import.meta.dirname, 'icon.svg')).resize(1024, 1024).png({ compressionLevel: 9 }).toFile(join(import.meta.dirname, 'icon.png'))
