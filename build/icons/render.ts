import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

const tray = join(import.meta.dirname, '../../resources/icons')
/** File names say the scale of the screen they are for; Windows shows 16 x 16 points in its tray, as macOS does. */
const windowsSizes = [
  ['', 16],
  ['@1.25x', 20],
  ['@1.5x', 24],
  ['@2x', 32],
] as const
const macSizes = [
  ['', 16],
  ['@2x', 32],
] as const
/** Panels on Linux make it as small as they need it. */
const LINUX_PIXELS = 48

/** Makes a square picture of a drawing in this folder. */
async function draw(drawing: string, file: string, pixels: number): Promise<void> {
  await sharp(join(import.meta.dirname, drawing))
    .resize(pixels, pixels)
    .png({ compressionLevel: 9 })
    .toFile(file)
}

mkdirSync(tray, { recursive: true })
// electron-builder makes the .ico and the .icns from it.
await draw('icon.svg', join(import.meta.dirname, 'icon.png'), 1024)
for (const [scale, pixels] of windowsSizes) await draw('tray.svg', join(tray, `tray${scale}.png`), pixels)
for (const [scale, pixels] of macSizes) await draw('trayTemplate.svg', join(tray, `trayTemplate${scale}.png`), pixels)
await draw('tray.svg', join(tray, 'trayLarge.png'), LINUX_PIXELS)
