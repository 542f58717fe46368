import { once } from 'node:events'
import { mergeTests } from '@playwright/test'
import type { ElectronApplication } from '@playwright/test'
import type { ModelsPage } from '../../pages/models.ts'
import { test as desktopTest } from '../../support/electronFixtures.ts'
import { expect, head, headBytes, projector, test as sourceTest, text, tiny } from '../../support/sourceFixtures.ts'

/** What the desktop shell shows outside of its window. */
interface ShellSigns {
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
async function watchSigns(electron: ElectronApplication): Promise<ShellSigns> {
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

const test = mergeTests(desktopTest, sourceTest)
const q4 = `${tiny.name} Q4_K_M`
const FIRST_BYTES = 1_000_000
const idleMenu = ['Open Sightline', 'New conversation', 'Capture the screen', '', 'Quit']

/** Begins a download and opens the list of downloads. */
async function download(models: ModelsPage): Promise<void> {
  await models.open()
  await models.openEntry(tiny.name)
  await models.root.getByRole('button', { name: 'Download Q4_K_M' }).click()
  await models.part('Downloads')
}

test('the taskbar and the tray follow a download until it rests or is done', async ({ desktop, models, source }) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'stall', afterBytes: FIRST_BYTES }])
  const signs = await watchSigns(desktop.electron)
  await download(models)
  const share = async () => Number(/^(0\.\d+) normal$/.exec(await signs.bar())?.[1] ?? Number.NaN)
  await expect.poll(share).toBeCloseTo((headBytes + FIRST_BYTES) / (text.length + projector.length), 3)
  await expect.poll(async () => (await signs.trayMenu())[4]).toMatch(/^Downloading a model: \d\d?%$/)
  expect(await signs.toolTip()).toMatch(/^Sightline\. Downloading a model: \d\d?%$/)

  const line = models.downloads.getByRole('listitem', { name: q4 })
  await line.getByRole('button', { name: `Pause ${q4}` }).click()
  await expect.poll(() => signs.bar()).toBe('-1 none')
  await expect.poll(() => signs.trayMenu()).toEqual(idleMenu)
  expect(await signs.toolTip()).toBe('Sightline')

  await line.getByRole('button', { name: `Resume ${q4}` }).click()
  await expect(line).toHaveAttribute('data-state', 'done')
  await expect.poll(() => signs.bar()).toBe('-1 none')
  await expect.poll(() => signs.trayMenu()).toEqual(idleMenu)
})

test('a lost connection and a download that stopped are told apart', async ({ desktop, models, source }) => {
  const lost = { kind: 'status', status: 503, retryAfter: '600' } as const
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'drop', afterBytes: FIRST_BYTES }, lost])
  const signs = await watchSigns(desktop.electron)
  await download(models)
  await expect.poll(() => signs.bar()).toMatch(/^0\.\d+ paused$/)
  await expect.poll(() => signs.toolTip()).toMatch(/^Sightline\. Waiting for the connection: \d\d?%$/)
  await expect.poll(() => source.server.left(tiny.repository, tiny.q4)).toBe(0)
  source.server.script(tiny.repository, tiny.q4, [{ kind: 'flip', at: 10 }])
  const line = models.downloads.getByRole('listitem', { name: q4 })
  await line.getByRole('button', { name: `Pause ${q4}` }).click()
  await line.getByRole('button', { name: `Resume ${q4}` }).click()
  await expect(line).toHaveAttribute('data-state', 'failed')
  await expect.poll(() => signs.trayMenu()).toContain('A download has stopped')
  await expect.poll(() => signs.bar()).toBe(process.platform === 'win32' ? '1 error' : '-1 none')
})

test('the tray opens the window, begins a conversation and quits', async ({ chat, desktop, models, source }) => {
  source.server.script(tiny.repository, tiny.q4, [head, { kind: 'stall', afterBytes: FIRST_BYTES }])
  const signs = await watchSigns(desktop.electron)
  await chat.ask('Hello')
  await chat.ended()
  // The menu is seen when it changes.
  await download(models)
  await expect.poll(() => signs.trayMenu()).toContain('Quit')
  const minimized = () =>
    desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized())
  const minimize = () => desktop.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize())

  await minimize()
  await signs.chooseInTray('Open Sightline')
  await expect.poll(minimized).toBe(false)
  await expect(models.root).toBeVisible()

  await minimize()
  await signs.chooseInTray('New conversation')
  await expect.poll(minimized).toBe(false)
  await expect(models.root).toBeHidden()
  await expect(chat.question).toBeFocused()
  await expect(chat.questions).toHaveCount(0)

  const ended = once(desktop.electron.process(), 'exit')
  await signs.chooseInTray('Quit')
  expect(await ended).toEqual([0, null])
})

test('the app has a menu, and a new conversation is begun from it', async ({ chat, desktop }) => {
  await chat.ask('Hello')
  await chat.ended()
  const menus = await desktop.electron.evaluate(({ Menu }) => {
    const items = Menu.getApplicationMenu()?.items ?? []
    const begin = items.flatMap(({ submenu }) => submenu?.items ?? []).find(({ label }) => label === 'New conversation')
    begin?.click()
    return items.map(({ label }) => label.replace('&', ''))
  })
  expect(menus).toEqual(expect.arrayContaining(['File', 'Edit', 'View', 'Window']))
  await expect(chat.questions).toHaveCount(0)
  await expect(chat.question).toBeFocused()
})
