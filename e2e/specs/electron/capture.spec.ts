import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Page } from '@playwright/test'
import { openStore } from '../../../main/lib/database/index.ts'
import { CapturePage } from '../../pages/capture.ts'
import { electronArguments, electronEnvironment } from '../../support/apps.ts'
import type { ElectronApp } from '../../support/apps.ts'
import { expect, test } from '../../support/electronFixtures.ts'
import { electronProgram, root } from '../../support/electronProgram.ts'

/** Two displays: one at 100 %, and to the right of it, higher up, one at 150 % with a taskbar of 40 pixels. */
const displays = [
  { id: 1, bounds: { x: 0, y: 0, width: 1180, height: 800 }, scaleFactor: 1, taskbar: 0 },
  { id: 2, bounds: { x: 1180, y: -120, width: 800, height: 600 }, scaleFactor: 1.5, taskbar: 40 },
]
const SHORTCUT = 'CommandOrControl+Shift+9'

/** What both displays show, drawn by a page: white, with a red circle of 240 pixels at 400, 200 in their own pixels. */
async function drawScreens(page: Page): Promise<string[]> {
  return page.evaluate(async (all) => {
    const draw = async ({ bounds, scaleFactor }: (typeof all)[number]): Promise<string> => {
      const canvas = new OffscreenCanvas(bounds.width * scaleFactor, bounds.height * scaleFactor)
      const context = canvas.getContext('2d', { alpha: false })!
      context.fillStyle = '#ffffff'
      context.fillRect(0, 0, canvas.width, canvas.height)
      context.fillStyle = '#e02020'
      context.ellipse(520, 320, 120, 120, 0, 0, 2 * Math.PI)
      context.fill()
      // A pixel of its own in a corner of the region that is chosen.
      context.fillStyle = '#123456'
      context.fillRect(381, 181, 1, 1)
      const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
    }
    return Promise.all(all.map(draw))
  }, displays)
}

/** Gives the shell these displays, and pictures of them; the pointer is on the second one. */
async function connectDisplays({ electron, page }: ElectronApp): Promise<void> {
  const pictures = await drawScreens(page)
  await electron.evaluate(
    ({ BrowserWindow, desktopCapturer, nativeImage, screen }, { displays, pictures }) => {
      const all = displays.map(({ taskbar, ...display }) => ({
        ...display,
        size: { width: display.bounds.width, height: display.bounds.height },
        workArea: { ...display.bounds, height: display.bounds.height - taskbar },
      }))
      const asked: object[] = []
      const windowsSeen: number[] = []
      Object.assign(globalThis, { asked, windowsSeen })
      Object.assign(screen, {
        getAllDisplays: () => all,
        getCursorScreenPoint: () => ({ x: 1300, y: 0 }),
        getDisplayNearestPoint: ({ x }: { x: number }) => all[x < 1180 ? 0 : 1],
      })
      const sources = all.map(({ id }, index) => ({
        ...{ id: `screen:${index}:0`, name: `Screen ${index}`, display_id: String(id) },
        thumbnail: nativeImage.createFromBuffer(Buffer.from(pictures[index]!, 'base64')),
      }))
      Object.assign(desktopCapturer, {
        getSources: async ({ thumbnailSize }: { thumbnailSize: object }) => {
          asked.push(thumbnailSize)
          windowsSeen.push(BrowserWindow.getAllWindows().filter((window) => window.isVisible()).length)
          return sources
        },
      })
    },
    { displays, pictures },
  )
}

/** Presses a key that closes its window, so that its release may find none. */
async function pressToClose(page: Page, key: 'Enter' | 'Escape'): Promise<void> {
  const closed = page.waitForEvent('close')
  await page.keyboard.press(key).catch(() => {})
  await closed
}

const pageAt = async (electron: ElectronApplication, hash: string): Promise<Page> => {
  const found = () => electron.windows().find((page) => page.url().endsWith(hash))
  await expect.poll(() => found() !== undefined).toBe(true)
  return found()!
}

/** What the windows of the capture are, by where they lead. */
const captureWindows = (electron: ElectronApplication) =>
  electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .filter((window) => /#\/(?:capture|ask)/.test(window.webContents.getURL()))
      .map((window) => ({
        at: /#\/.*/.exec(window.webContents.getURL())?.[0],
        bounds: window.getBounds(),
        visible: window.isVisible(),
      })),
  )

/** Presses a key that works everywhere. */
const pressEverywhere = (electron: ElectronApplication) =>
  electron.evaluate(
    ({ globalShortcut }, keys) => (globalShortcut as unknown as { press?: (keys: string) => void }).press?.(keys),
    SHORTCUT,
  )

test('the shortcut opens an overlay on every display in its own pixels; a region becomes a panel beside it, and a conversation', async ({
  chat,
  data,
  desktop,
}) => {
  const { electron } = desktop
  await connectDisplays(desktop)
  await pressEverywhere(electron)
  const [first, second] = [
    new CapturePage(await pageAt(electron, '#/capture/1')),
    new CapturePage(await pageAt(electron, '#/capture/2')),
  ]
  await expect(first.picker).toBeVisible()
  await expect(second.picker).toBeVisible()
  await expect
    .poll(() => captureWindows(electron))
    .toEqual([
      { at: '#/capture/1', bounds: displays[0]!.bounds, visible: true },
      { at: '#/capture/2', bounds: displays[1]!.bounds, visible: true },
    ])
  expect(await electron.evaluate(() => (globalThis as unknown as { asked: object[] }).asked)).toEqual([
    { width: 1180, height: 800 },
    { width: 1200, height: 900 },
  ])
  const shown = await second.picker
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const { left, top, width, height } = canvas.getBoundingClientRect()
      return { left, top, width, height, pixels: [canvas.width, canvas.height], density: devicePixelRatio }
    })
  expect(shown).toEqual({ left: 0, top: 0, width: 800, height: 600, pixels: [1200, 900], density: 1.5 })

  await second.drag([380, 180], [659, 459])
  expect(await second.region()).toEqual({ x: 380, y: 180, width: 280, height: 280 })
  await pressToClose(second.page, 'Enter')

  const panel = new CapturePage(await pageAt(electron, '#/ask'))
  await expect(panel.panel).toContainText('280 × 280 pixels')
  await expect
    .poll(async () => (await captureWindows(electron)).map(({ at, visible }) => [at, visible]))
    .toEqual([['#/ask', true]])
  const [{ bounds } = { bounds: null }] = await captureWindows(electron)
  // The region is at 1180 + 380 / 1.5, -120 + 180 / 1.5 and 280 / 1.5 wide; there is no room for the panel to its right but below and left.
  expect(bounds).toMatchObject({ width: 400 })
  expect(bounds!.x).toBeGreaterThanOrEqual(1180)
  expect(bounds!.x + 400).toBeLessThanOrEqual(1980)
  expect(bounds!.y + bounds!.height).toBeLessThanOrEqual(440)

  await panel.ask('What is in the picture?')
  await expect(await panel.answered()).toContainText(/red circle/i)
  const answer = await (await panel.answered()).innerText()
  await panel.panel.getByRole('button', { name: 'Open in Sightline' }).click()
  await expect.poll(() => captureWindows(electron)).toEqual([])
  await expect(chat.questions.first()).toContainText('What is in the picture?')
  await expect(chat.answers.first().getByTestId('answer-text')).toHaveText(answer)
  const stored = await chat.page.evaluate(async () => {
    const address = [...document.querySelectorAll<HTMLImageElement>('article img')]
      .map(({ src }) => src.split('?')[0]!)
      .at(0)
    const response = await fetch(address ?? '')
    const picture = await createImageBitmap(await response.blob(), { colorSpaceConversion: 'none' })
    const canvas = new OffscreenCanvas(picture.width, picture.height)
    const context = canvas.getContext('2d')!
    context.drawImage(picture, 0, 0)
    const colour = (x: number, y: number) => [...context.getImageData(x, y, 1, 1).data]
    return {
      type: response.headers.get('Content-Type'),
      size: [picture.width, picture.height],
      own: colour(1, 1),
      beside: colour(2, 1),
      red: colour(140, 140),
    }
  })
  expect(stored).toEqual({
    type: 'image/png',
    size: [280, 280],
    own: [0x12, 0x34, 0x56, 255],
    beside: [255, 255, 255, 255],
    red: [0xe0, 0x20, 0x20, 255],
  })
  // where it was is kept with it, in pixels of the display's own
  await desktop.kill()
  const { db, close } = openStore(join(data, 'data'))
  const kept = db.prepare(`SELECT attachment -> '$.screen' FROM parts WHERE type = 'image'`).pluck().get() as string
  close()
  expect(JSON.parse(kept)).toEqual({ x: 380, y: 180 })
})

test('the windows of a capture are guarded like the main one', async ({ desktop }) => {
  const { electron } = desktop
  await connectDisplays(desktop)
  await pressEverywhere(electron)
  const overlay = await pageAt(electron, '#/capture/1')
  await expect(new CapturePage(overlay).picker).toBeVisible()
  const found = await overlay.evaluate(async () => ({
    bridge: Object.keys((globalThis as unknown as { sightlineBridge: object }).sightlineBridge),
    leaked: ['require', 'process', 'module', 'electron', 'ipcRenderer', 'desktopCapturer'].filter(
      (name) => name in globalThis,
    ),
    camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
      () => 'given',
      (error: Error) => error.name,
    ),
  }))
  expect(found).toMatchObject({ bridge: ['requestPort', 'restartCore', 'pathOf'], leaked: [] })
  expect(found.camera).not.toBe('given')
  const open = electron.windows().length
  await overlay.evaluate(() => void window.open('https://example.com/'))
  await expect.poll(() => electron.windows().length).toBe(open)
  await overlay.evaluate(() => void (location.href = 'https://example.com/'))
  await expect(new CapturePage(overlay).picker).toBeVisible()
  expect(overlay.url()).toMatch(/#\/capture\/1$/)
  const preferences = await electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().map((window) => {
      const { contextIsolation, sandbox, nodeIntegration } =
        (window as unknown as { options?: { webPreferences: Record<string, boolean> } }).options?.webPreferences ?? {}
      return { contextIsolation, sandbox, nodeIntegration }
    }),
  )
  expect(new Set(preferences.map((one) => JSON.stringify(one)))).toEqual(
    new Set([JSON.stringify({ contextIsolation: true, sandbox: true, nodeIntegration: false })]),
  )
})

test('Escape on any overlay ends the capture on all, and its pictures cannot be had any more', async ({
  chat,
  desktop,
}) => {
  const { electron } = desktop
  await connectDisplays(desktop)
  await pressEverywhere(electron)
  const overlay = await pageAt(electron, '#/capture/2')
  const addresses: string[] = []
  overlay.on('request', (request) => addresses.push(request.url()))
  await expect(new CapturePage(overlay).picker).toBeVisible()
  await pressToClose(overlay, 'Escape')
  await expect.poll(() => captureWindows(electron)).toEqual([])
  await expect(chat.questions).toHaveCount(0)
  const again = await chat.page.evaluate(
    async (all) =>
      Promise.all(
        all.map((address) =>
          fetch(address).then(
            ({ status }) => status,
            () => 0,
          ),
        ),
      ),
    addresses.filter((address) => address.includes('//capture.')),
  )
  expect(again.every((status) => status === 404 || status === 0)).toBe(true)
  await expect(chat.question).toBeEditable()
})

test('the composer begins a capture, and a second start of the app with --capture does', async ({
  chat,
  data,
  desktop,
}) => {
  const { electron } = desktop
  await connectDisplays(desktop)
  await new CapturePage(chat.page).choose('Capture the screen')
  const overlay = new CapturePage(await pageAt(electron, '#/capture/1'))
  await expect(overlay.picker).toBeVisible()
  const seen = await electron.evaluate(({ BrowserWindow }) => {
    const main = BrowserWindow.getAllWindows().find((window) => !/#\/capture/.test(window.webContents.getURL()))
    return { during: (globalThis as unknown as { windowsSeen: number[] }).windowsSeen, after: main?.isVisible() }
  })
  expect(seen, 'the window is not in the pictures, and there again').toEqual({ during: [0, 0], after: true })
  await pressToClose(overlay.page, 'Escape')
  await expect.poll(() => captureWindows(electron)).toEqual([])

  const second = spawn(electronProgram().path, [...electronArguments(data), '--capture'], {
    cwd: root,
    env: electronEnvironment(),
    stdio: 'ignore',
  })
  await once(second, 'exit')
  await expect(new CapturePage(await pageAt(electron, '#/capture/2')).picker).toBeVisible()
})

test('without permission the window explains it and opens the settings where it is given', async ({
  chat,
  desktop,
}) => {
  const { electron } = desktop
  await connectDisplays(desktop)
  await electron.evaluate(({ shell, systemPreferences }) => {
    const opened: string[] = []
    Object.assign(globalThis, { opened })
    Object.assign(systemPreferences, { getMediaAccessStatus: () => 'denied' })
    Object.assign(shell, { openExternal: async (address: string) => void opened.push(address) })
  })
  await pressEverywhere(electron)
  const problem = chat.page.getByRole('dialog', { name: 'The screen was not captured' })
  await expect(problem).toContainText('does not let Sightline see the screen')
  expect(await captureWindows(electron)).toEqual([])
  await problem.getByRole('button', { name: 'Open the system’s settings' }).click()
  const opened = () => electron.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)
  await expect.poll(opened).toEqual(['x-apple.systempreferences:com.apple.preference.security?Privacy_ScreenCapture'])
})

test('keys that another program has are named as taken, and others can be chosen', async ({ chat, desktop }) => {
  const { electron } = desktop
  await electron.evaluate(({ globalShortcut }) => void globalShortcut.register('Alt+Shift+T', () => {}))
  await chat.page.getByRole('button', { name: 'Settings', exact: true }).click()
  const setting = chat.page.getByRole('group', { name: 'Capture shortcut' })
  await expect(setting).toHaveAttribute('data-state', 'active')
  const keys = setting.getByRole('button', { name: 'Change the keys' })
  await keys.click()
  await chat.page.keyboard.press('Alt+Shift+T')
  await expect(setting).toHaveAttribute('data-state', 'taken')
  await expect(setting).toContainText('Another program has these keys')
  await keys.click()
  await chat.page.keyboard.press('Alt+Shift+U')
  await expect(setting).toHaveAttribute('data-state', 'active')
  const held = () =>
    electron.evaluate(({ globalShortcut }) =>
      ['CommandOrControl+Shift+9', 'Alt+Shift+U'].map((accelerator) => globalShortcut.isRegistered(accelerator)),
    )
  expect(await held()).toEqual([false, true])
  await setting.getByRole('button', { name: 'Clear' }).click()
  await expect.poll(held).toEqual([false, false])
})

test.describe('on a desktop that tells where windows are', () => {
  const programs = join(tmpdir(), `sightline-x11-${process.pid}`)
  test.skip(process.platform !== 'linux', 'These stand for the programs of X11.')
  test.use({ environment: { PATH: `${programs}:${electronEnvironment()['PATH']}` } })
  test.beforeAll(() => {
    const program = (name: string, ...lines: string[]): void =>
      writeFileSync(join(programs, name), ['#!/bin/sh', ...lines].join('\n'), { mode: 0o755 })
    mkdirSync(programs, { recursive: true })
    program(
      'xprop',
      'case "$*" in *-root*) echo "_NET_CLIENT_LIST_STACKING: window id # 0x1, 0x2" ;; *) echo "_NET_FRAME_EXTENTS = 0, 0, 20, 0" ;; esac',
    )
    const facts = (x: number, y: number, width: number, height: number): string =>
      `printf 'Absolute upper-left X: ${x}\nAbsolute upper-left Y: ${y}\nWidth: ${width}\nHeight: ${height}\nMap State: IsViewable\n'`
    program('xwininfo', `case "$*" in *0x1*) ${facts(100, 120, 600, 400)} ;; *) ${facts(1000, 220, 400, 100)} ;; esac`)
  })
  test.afterAll(() => rmSync(programs, { recursive: true, force: true }))

  test('a click takes the window under the pointer, on each display the part that is on it', async ({ desktop }) => {
    const { electron } = desktop
    await connectDisplays(desktop)
    await pressEverywhere(electron)
    const [first, second] = [
      new CapturePage(await pageAt(electron, '#/capture/1')),
      new CapturePage(await pageAt(electron, '#/capture/2')),
    ]
    await expect(first.page.getByRole('toolbar', { name: 'Capture' })).toContainText('or click a window')
    await first.picker.hover({ position: { x: 300, y: 300 } })
    await expect(first.page.getByTestId('offered-window')).toBeVisible()
    await first.picker.click({ position: { x: 300, y: 300 } })
    expect(await first.region()).toEqual({ x: 100, y: 100, width: 600, height: 420 })
    // The one in front reaches over to the second display, which is at 150 % and begins at 1180, -120.
    await second.picker.click({ position: { x: 30, y: 400 } })
    expect(await second.region()).toEqual({ x: 0, y: 480, width: 330, height: 180 })
    await second.picker.click({ position: { x: 700, y: 100 } })
    await expect(second.page.getByTestId('region')).toHaveCount(0)
    await pressToClose(second.page, 'Escape')
  })
})
