import type { MenuItemConstructorOptions } from 'electron'
import { app } from './app.ts'
import { BrowserWindow } from './browserWindow.ts'
import { Listeners } from './listeners.ts'
import type { MenuItemSurface, MenuSurface, NativeImageSurface, TraySurface } from './surface.ts'

type Role = NonNullable<MenuItemConstructorOptions['role']>

/** What the stand-in does for a role; every other role needs Electron itself. */
const actions: Partial<Record<Role, () => void>> = {
  quit: () => app.quit(),
  close: () => BrowserWindow.getFocusedWindow()?.close(),
  minimize: () => BrowserWindow.getFocusedWindow()?.minimize(),
  about: () => app.showAboutPanel(),
}

/** An item of a menu, refused and completed as Electron does it. A click of one that is disabled does nothing. */
class StandInMenuItem implements MenuItemSurface {
  readonly label: string
  readonly type: MenuItemSurface['type']
  readonly role: MenuItemSurface['role']
  readonly submenu?: MenuSurface
  enabled: boolean
  private readonly options: MenuItemConstructorOptions

  constructor(options: MenuItemConstructorOptions) {
    const { label, role, type, submenu, enabled = true } = options
    if (label === undefined && role === undefined && type === undefined) {
      throw new TypeError('Invalid template for MenuItem: must have at least one of label, role or type')
    }
    if (type === 'submenu' && !submenu) throw new TypeError('Invalid submenu')
    this.options = options
    this.label = label ?? role ?? ''
    this.type = type ?? (submenu ? 'submenu' : 'normal')
    this.role = role as MenuItemSurface['role']
    this.enabled = enabled
    if (Array.isArray(submenu)) this.submenu = Menu.buildFromTemplate(submenu)
  }

  readonly click = (): void => {
    const { role, click } = this.options
    if (!this.enabled) return
    if (role === undefined) return click?.(this as never, undefined, {} as never)
    const action = actions[role]
    if (!action) throw new Error(`The stand-in does not do "${role}".`)
    action()
  }
}

/** Menus that are looked at and clicked by tests instead of being shown. */
export class Menu implements MenuSurface {
  private static application: MenuSurface | null = null
  readonly items: StandInMenuItem[] = []

  static buildFromTemplate(template: MenuItemConstructorOptions[]): Menu {
    const menu = new Menu()
    menu.items.push(...template.map((options) => new StandInMenuItem(options)))
    return menu
  }

  static setApplicationMenu(menu: MenuSurface | null): void {
    Menu.application = menu
  }

  static getApplicationMenu(): MenuSurface | null {
    return Menu.application
  }
}

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
