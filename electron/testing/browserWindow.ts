import { join } from 'node:path'
import type { BrowserWindowConstructorOptions, ProgressBarOptions, Rectangle } from 'electron'
import type { Page, Route } from 'playwright'
import { app } from './app.ts'
import { scaleFactorAt, screen } from './desktop.ts'
import { Listeners } from './listeners.ts'
import { schemeAddresses, startProtocol } from './protocol.ts'
import { defaultSession, startChromium } from './session.ts'
import type { DrivenChromium } from './session.ts'
import type { BrowserWindowSurface } from './surface.ts'
import { StandInWebContents, announceContents } from './webContents.ts'

let driven: DrivenChromium | null = null
/** Windows of the app being opened now: what opens at another time was opened by a page. */
let opening = 0
const windows = new Map<BrowserWindow, Page | null>()

/** A window whose page is a page of the driven Chromium. Being shown, focused and restored are only remembered. */
export class BrowserWindow extends Listeners implements BrowserWindowSurface {
  readonly webContents: StandInWebContents
  /** As the app asked for it, to be looked at by tests. */
  readonly options: BrowserWindowConstructorOptions
  private visible: boolean
  private destroyed = false
  private going: string | null = null
  focusCount = 0
  /** The last progress that was set, to be looked at by tests. */
  bar: { progress: number; mode: ProgressBarOptions['mode'] } | null = null
  private minimized = false
  /** How it fills its screen; its own bounds are those that it has otherwise. */
  private filling: 'maximized' | 'fullScreen' | null = null
  private bounds: Rectangle
  /** The level it stays above others on, to be looked at by tests; null: it does not. */
  onTop: string | null = null

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super()
    this.options = options
    this.visible = options.show !== false
    const { x = 0, y = 0, width = 800, height = 600 } = options
    this.bounds = { x, y, width, height }
    this.webContents = new StandInWebContents(options.webPreferences ?? {}, schemeAddresses)
    windows.set(this, null)
    announceContents(this.webContents)
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows.keys()]
  }

  static getFocusedWindow(): BrowserWindow | null {
    return [...windows.keys()].find((window) => window.visible) ?? null
  }

  static fromWebContents(contents: object): BrowserWindow | null {
    return [...windows.keys()].find((window) => window.webContents === contents) ?? null
  }

  async loadURL(url: string): Promise<void> {
    const page = windows.get(this) ?? (await this.openPage())
    this.going = schemeAddresses().toPage(url)
    await defaultSession.apply()
    await page.goto(this.going, { waitUntil: 'load' })
    this.going = null
    this.tell('ready-to-show')
  }

  reload(): void {
    const page = windows.get(this)
    if (page) void page.reload()
  }

  show(): void {
    this.visible = true
  }

  showInactive(): void {
    this.visible = true
  }

  hide(): void {
    this.visible = false
  }

  isFullScreen(): boolean {
    return this.filling === 'fullScreen'
  }

  setFullScreen(flag: boolean): void {
    this.filling = flag ? 'fullScreen' : null
    if (flag) this.show()
  }

  maximize(): void {
    this.filling = 'maximized'
    this.show()
  }

  isMaximized(): boolean {
    return this.filling === 'maximized'
  }

  focus(): void {
    this.focusCount++
    void windows
      .get(this)
      ?.bringToFront()
      .catch(() => {})
  }

  close(): void {
    if (this.destroyed || this.ask('close')) return
    this.destroyed = true
    void windows
      .get(this)
      ?.close()
      .catch(() => {})
    windows.delete(this)
    this.tell('closed')
    if (windows.size === 0) app.tell('window-all-closed')
  }

  restore(): void {
    this.visible = true
    this.minimized = false
  }

  minimize(): void {
    this.minimized = true
  }

  isMinimized(): boolean {
    return this.minimized
  }

  /** Only remembered. */
  setProgressBar(progress: number, options: ProgressBarOptions = { mode: 'normal' }): void {
    this.bar = { progress, mode: options.mode }
  }

  isVisible(): boolean {
    return this.visible
  }

  isDestroyed(): boolean {
    return this.destroyed
  }

  getNormalBounds(): Rectangle {
    return this.bounds
  }

  getBounds(): Rectangle {
    if (!this.filling) return this.bounds
    const { bounds, workArea } = screen.getDisplayNearestPoint(this.bounds)
    return this.filling === 'maximized' ? workArea : bounds
  }

  setBounds(bounds: Partial<Rectangle>): void {
    this.bounds = { ...this.bounds, ...bounds }
    void this.fit().catch(() => {})
  }

  setAlwaysOnTop(flag: boolean, level = 'floating'): void {
    this.onTop = flag ? level : null
  }

  /** There is one workspace. */
  setVisibleOnAllWorkspaces(): void {}

  /** The page of a window without a frame is as large as the window, at the scale factor of its display. */
  private async fit(): Promise<void> {
    if (this.options.frame === false && windows.get(this))
      await this.webContents.resize(this.bounds, scaleFactorAt(this.bounds))
  }

  /** True when the page may go there: the app sent it, or no listener objects. */
  allows(address: string, isMainFrame: boolean): boolean {
    return address === this.going || !this.webContents.refusesNavigation(address, isMainFrame)
  }

  private async openPage(): Promise<Page> {
    if (!driven) throw new Error('A window can be loaded once the app is ready.')
    opening++
    const page = await driven.context.newPage().finally(() => opening--)
    windows.set(this, page)
    page.once('close', () => this.close())
    await this.webContents.attach(page)
    await this.fit()
    return page
  }
}

function windowOf(page: Page): BrowserWindow | null {
  return [...windows].find(([, owned]) => owned === page)?.[0] ?? null
}

/** Asks the app about each navigation of a page; pages that are no window of the app load nothing. */
async function guard(route: Route): Promise<void> {
  const request = route.request()
  if (!request.isNavigationRequest()) return await route.continue()
  const frame = request.frame()
  const allowed = windowOf(frame.page())?.allows(request.url(), frame.parentFrame() === null) ?? false
  await (allowed ? route.continue() : route.abort('aborted'))
}

/** Closes a page that a window opened, unless the app allowed it. */
async function decide(page: Page): Promise<void> {
  if (opening > 0) return
  const allowed = [...windows.keys()].some((window) => window.webContents.lastOpen === 'allow')
  if (!allowed) await page.close()
}

app.parts.push({
  async start() {
    await startProtocol()
    driven = await startChromium(join(app.getPath('userData'), 'chromium'))
    await defaultSession.attach(driven.context)
    driven.context.on('page', (page) => void decide(page).catch(() => {}))
    await driven.context.route('**', (route) => guard(route).catch(() => {}))
  },
  closeWindows: () => {
    for (const window of windows.keys()) window.close()
  },
  kill: () => driven?.kill(),
})
