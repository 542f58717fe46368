import { app } from './app.ts'
import { Listeners } from './listeners.ts'
import type { MenuSurface, NativeImageSurface, TraySurface } from './surface.ts'

/** An icon in a tray that nobody sees; its menu and tooltip are remembered. */
export class Tray extends Listeners implements TraySurface {
  readonly image: NativeImageSurface
  menu: MenuSurface | null = null
  toolTip = ''

  constructor(image: NativeImageSurface) {
    super()
    if (!app.isReady) throw new Error('Cannot create Tray before app is ready')
    this.image = image
  }

  setToolTip(toolTip: string): void {
    this.toolTip = toolTip
  }

  setContextMenu(menu: MenuSurface | null): void {
    this.menu = menu
  }
}
