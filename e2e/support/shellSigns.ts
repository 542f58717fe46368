import type { ElectronApplication } from '@playwright/test'

/** What the desktop shell shows outside of its window. */
export interface ShellSigns {
  /** What the taskbar or the dock was told last, e.g. "0.25 normal"; "" when nothing was. */
  bar(): Promise<string>
  /** Labels of the tray's menu as it was set last; [] before. */
  trayMenu(): Promise<string[]>
  toolTip(): Promise<string>
  /** Chooses an item of the tray's menu. Resolves once the shell has been told, which is before it has acted. */
  chooseInTray(label: string): Promise<void>
}

interface Seen {
  bar: string
  menu: { items: { label: string; click: () => void }[] } | null
  toolTip: string
}

/** Looks at the taskbar and the tray from now on; what they showed before is not known. */
export async function watchSigns(electron: ElectronApplication): Promise<ShellSigns> {
  await electron.evaluate(({ BrowserWindow, Tray }) => {
    const seen: Seen = { bar: '', menu: null, toolTip: '' }
    Object.assign(globalThis, { seen })
    const { setContextMenu, setToolTip } = Tray.prototype
    Tray.prototype.setContextMenu = function (menu) {
      seen.menu = menu as never
      setContextMenu.call(this, menu)
    }
    Tray.prototype.setToolTip = function (toolTip) {
      seen.toolTip = toolTip
      setToolTip.call(this, toolTip)
    }
    for (const window of BrowserWindow.getAllWindows()) {
      const setProgressBar = window.setProgressBar.bind(window)
      window.setProgressBar = (value, options) => {
        seen.bar = `${value} ${options?.mode}`
        setProgressBar(value, options)
      }
    }
  })
  const seen = () =>
    electron.evaluate(() => {
      const { bar, menu, toolTip } = (globalThis as unknown as { seen: Seen }).seen
      return { bar, toolTip, labels: menu?.items.map(({ label }) => label) ?? [] }
    })
  return {
    bar: async () => (await seen()).bar,
    trayMenu: async () => (await seen()).labels,
    toolTip: async () => (await seen()).toolTip,
    chooseInTray: (label) =>
      electron.evaluate((_, wanted) => {
        const item = (globalThis as unknown as { seen: Seen }).seen.menu?.items.find((each) => each.label === wanted)
        if (!item) throw new Error(`The tray has no "${wanted}".`)
        setImmediate(() => item.click())
      }, label),
  }
}
