import { join } from 'node:path'
import { beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { app } from './testing/app.ts'
import { Tray } from './testing/menu.ts'
import type { Menu } from './testing/menu.ts'
import { downloadsLine, openTray } from './tray.ts'

/** Every icon that came into the tray. */
const opened = vi.hoisted(() => [] as Tray[])
vi.mock('electron', async () => {
  const [{ Menu }, { nativeImage }, { Tray }] = await Promise.all([
    import('./testing/menu.ts'),
    import('./testing/desktop.ts'),
    import('./testing/menu.ts'),
  ])
  class SeenTray extends Tray {
    constructor(...image: ConstructorParameters<typeof Tray>) {
      super(...image)
      opened.push(this)
    }
  }
  return { Menu, nativeImage, Tray: SeenTray }
})

const icons = join(import.meta.dirname, '../resources/icons')
const actions = { open: vi.fn(), newConversation: vi.fn(), capture: vi.fn(), quit: vi.fn() }
const progress = { share: 0.437, active: 1, failed: 0, stalled: false }
const items = (tray: Tray) => (tray.menu as Menu).items
const labels = (tray: Tray) => items(tray).map(({ label, type }) => (type === 'separator' ? '-' : label))

beforeAll(() => {
  app.parts.length = 0
  return app.whenReady()
})
beforeEach(() => {
  vi.clearAllMocks()
  opened.length = 0
})

test('the menu opens the app, begins a conversation or a capture, and quits', () => {
  openTray(icons, actions)
  const [tray] = opened as [Tray]
  expect(labels(tray)).toEqual(['Open Sightline', 'New conversation', 'Capture the screen', '-', 'Quit'])
  for (const item of items(tray)) item.click()
  for (const action of Object.values(actions)) expect(action).toHaveBeenCalledOnce()
})

test('downloads are a line that cannot be clicked, and part of the tooltip', () => {
  const shown = openTray(icons, actions)!
  const [tray] = opened as [Tray]
  expect(tray.toolTip).toBe('Sightline')
  shown.showDownloads(progress)
  expect(labels(tray)).toEqual([
    'Open Sightline',
    'New conversation',
    'Capture the screen',
    '-',
    'Downloading a model: 43%',
    '-',
    'Quit',
  ])
  expect(items(tray)[4]!.enabled).toBe(false)
  expect(tray.toolTip).toBe('Sightline. Downloading a model: 43%')
  shown.showDownloads({ share: null, active: 0, failed: 0, stalled: false })
  expect(labels(tray)).toEqual(['Open Sightline', 'New conversation', 'Capture the screen', '-', 'Quit'])
})

test('the menu is only made again when its line is another', () => {
  const shown = openTray(icons, actions)!
  const [tray] = opened as [Tray]
  shown.showDownloads(progress)
  const { menu } = tray
  shown.showDownloads({ ...progress, share: 0.4399 })
  expect(tray.menu).toBe(menu)
  shown.showDownloads({ ...progress, share: 0.44 })
  expect(tray.menu).not.toBe(menu)
})

test('the line counts models, and says what waits and what has stopped', () => {
  expect(downloadsLine({ ...progress, active: 3 })).toBe('Downloading 3 models: 43%')
  expect(downloadsLine({ ...progress, stalled: true })).toBe('Waiting for the connection: 43%')
  expect(downloadsLine({ ...progress, share: 1 })).toBe('Downloading a model: 99%')
  const idle = { share: null, active: 0, stalled: false }
  const lines = [0, 1, 2].map((failed) => downloadsLine({ ...idle, failed }))
  expect(lines).toEqual([null, 'A download has stopped', '2 downloads have stopped'])
})

test('each system has its own icon, and a click opens the app where it does not open the menu', () => {
  const sizes = (['win32', 'darwin', 'linux'] as const).map((platform) => {
    openTray(icons, actions, platform)
    const { image } = opened.at(-1)!
    return [image.getSize().width, image.isTemplateImage()]
  })
  expect(sizes).toEqual([
    [16, false],
    [16, true],
    [48, false],
  ])
  for (const tray of opened) tray.tell('click')
  expect(actions.open).toHaveBeenCalledTimes(2)
})

test('without an icon, or where there is no tray, the app goes on with a line about it', () => {
  const said: string[] = []
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
  const noTray = vi.spyOn(Tray.prototype, 'setToolTip').mockImplementation(() => {
    throw new Error('no status notifier')
  })
  const results = [openTray('/nowhere', actions), openTray(icons, actions)]
  noTray.mockRestore()
  stderr.mockRestore()
  expect(results).toEqual([null, null])
  const lines = [/without an icon in the tray: there is no icon in \/nowhere\n/, /no status notifier\n/]
  expect(said).toEqual(lines.map((line) => expect.stringMatching(line) as string))
})
