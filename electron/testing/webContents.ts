import { readFileSync } from 'node:fs'
import type { Size, WebPreferences, WindowOpenHandlerResponse } from 'electron'
import type { CDPSession, Page } from 'playwright'
import { app } from './app.ts'
import { Listeners } from './listeners.ts'
import { pageWorld, preloadWorld } from './preloadWorld.ts'
import type { FromPage, PageData, ToPage } from './preloadWorld.ts'
import type { SchemeAddresses } from './protocol.ts'
import type { Surface, WebContentsSurface, WebFrameSurface } from './surface.ts'
import type { StandInPort } from './utilityProcess.ts'

const PRELOAD_WORLD = 'preload'
type OpenHandler = Parameters<WebContentsSurface['setWindowOpenHandler']>[0]

type InvokeHandler = Parameters<Surface['ipcMain']['handle']>[1]

/** Where messages of pages go. */
class StandInIpcMain extends Listeners {
  readonly handlers = new Map<string, InvokeHandler>()

  handle(channel: string, handler: InvokeHandler): void {
    this.handlers.set(channel, handler)
  }
}
export const ipcMain = new StandInIpcMain()

/** One page of the driven Chromium, with the app's preload script in a world of its own. */
export class StandInWebContents extends Listeners implements WebContentsSurface {
  private readonly preferences: WebPreferences
  private readonly addresses: () => SchemeAddresses
  private page: Page | null = null
  private client: CDPSession | null = null
  private openHandler: OpenHandler | null = null
  /** What the app said to the last window that the page opened; without a handler Electron allows it. */
  lastOpen: WindowOpenHandlerResponse['action'] = 'deny'
  private readonly ports = new Map<number, StandInPort>()
  private nextPort = 1

  constructor(preferences: WebPreferences, addresses: () => SchemeAddresses) {
    super()
    this.preferences = preferences
    this.addresses = addresses
  }

  getURL(): string {
    return this.page ? this.addresses().toApp(this.page.url()) : ''
  }

  setWindowOpenHandler(handler: OpenHandler): void {
    this.openHandler = handler
  }

  /** True when the page must not go to `address`: a listener of the navigation events prevented it. */
  refusesNavigation(address: string, isMainFrame: boolean): boolean {
    const details = { url: this.addresses().toApp(address), isMainFrame, isSameDocument: false, frame: null }
    return (isMainFrame && this.ask('will-navigate', details)) || this.ask('will-frame-navigate', details)
  }

  private decideOpen(address: string): WindowOpenHandlerResponse['action'] {
    const details = {
      url: this.addresses().toApp(address),
      frameName: '',
      features: '',
      disposition: 'new-window' as const,
    }
    return this.openHandler?.({ ...details, referrer: { url: this.getURL(), policy: 'no-referrer' } }).action ?? 'allow'
  }

  /** Takes over a new page: the preload script runs before any script of each document. */
  async attach(page: Page): Promise<void> {
    this.page = page
    page.on('crash', () => this.tell('render-process-gone', {}, { reason: 'crashed', exitCode: 1 }))
    const client = await page.context().newCDPSession(page)
    this.client = client
    await client.send('Page.enable')
    await client.send('Runtime.enable')
    const world = this.preferences.contextIsolation === false ? undefined : PRELOAD_WORLD
    await client.send('Runtime.addBinding', { name: 'standInSend', ...(world && { executionContextName: world }) })
    client.on('Runtime.bindingCalled', ({ name, payload, executionContextId }) => {
      if (name === 'standInSend') this.receive(JSON.parse(payload) as FromPage, executionContextId)
    })
    client.on('Page.windowOpen', ({ url }) => {
      this.lastOpen = this.decideOpen(url)
    })
    client.on('Page.frameNavigated', ({ frame }) => {
      if (!frame.parentId) this.closePorts()
    })
    await client.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${pageWorld})()` })
    if (!this.preferences.preload) return
    const source = readFileSync(this.preferences.preload, 'utf8')
    const origins = JSON.stringify({ 'app://sightline': this.addresses().toPage('app://sightline') })
    await client.send('Page.addScriptToEvaluateOnNewDocument', {
      source: `(${preloadWorld})((require) => {${source}\n}, ${origins})`,
      ...(world && { worldName: world }),
    })
  }

  /** Gives the page a size in CSS pixels and a scale factor. */
  async resize({ width, height }: Size, deviceScaleFactor: number): Promise<void> {
    await this.client?.send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor, mobile: false })
  }

  private receive(message: FromPage, contextId: number): void {
    if (message.type === 'port') return this.ports.get(message.id)?.postMessage(this.decode(message.data))
    if (message.type === 'path') return void this.tellPath(message.id, contextId).catch(() => {})
    const event = { type: 'frame', sender: this, senderFrame: this.frame(contextId), ports: [] }
    if (message.type === 'invoke') return void this.answer(message, event, contextId)
    ipcMain.tell(message.channel, event, ...message.args)
  }

  /** Answers what the preload script invoked, as Electron does: an error comes with its text alone. */
  private async answer(
    { id, channel, args }: Extract<FromPage, { type: 'invoke' }>,
    event: object,
    contextId: number,
  ): Promise<void> {
    try {
      const handler = ipcMain.handlers.get(channel)
      if (!handler) throw new Error(`No handler registered for '${channel}'`)
      const result: unknown = await handler(event as Parameters<InvokeHandler>[0], ...args)
      this.deliver({ type: 'invoked', id, result }, contextId)
    } catch (error) {
      const message = `Error invoking remote method '${channel}': ${String(error)}`
      this.deliver({ type: 'invoked', id, error: message }, contextId)
    }
  }

  /** Tells the preload script where a file lies that the page was given; empty: it is in memory. */
  private async tellPath(id: number, contextId: number): Promise<void> {
    const { client } = this
    if (!client) return
    const { result } = await client.send('Runtime.evaluate', { expression: `standInFiles.get(${id})`, contextId })
    const { path } = await client.send('DOM.getFileInfo', { objectId: result.objectId ?? '' })
    this.deliver({ type: 'path', id, path }, contextId)
  }

  private frame(contextId: number): WebFrameSurface {
    const url = this.getURL()
    const origin = URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : 'null'
    const postMessage: WebFrameSurface['postMessage'] = (channel, message, transfer = []) => {
      const ports = transfer.map((port) => this.openPort((port as unknown as StandInPort).handOn(), contextId))
      this.deliver({ type: 'ipc', channel, args: [message], ports }, contextId)
    }
    return { url, origin, parent: null, postMessage }
  }

  private openPort(port: StandInPort, contextId: number): number {
    const id = this.nextPort++
    this.ports.set(id, port)
    port.on('message', ({ data }: { data: unknown }) =>
      this.deliver({ type: 'port', id, data: this.encode(data) }, contextId),
    )
    port.on('close', () => {
      this.ports.delete(id)
      this.deliver({ type: 'closed', id }, contextId)
    })
    port.start()
    return id
  }

  private closePorts(): void {
    for (const port of this.ports.values()) port.close()
  }

  private deliver(message: ToPage, contextId: number): void {
    const expression = `standInReceive(${JSON.stringify(message)})`
    // A document that is gone takes no messages; its ports are closed when the next one comes.
    this.client?.send('Runtime.evaluate', { expression, contextId }).catch(() => {})
  }

  private encode(data: unknown): PageData {
    if (typeof data === 'string') return { text: this.addresses().toPage(data) }
    if (data instanceof Uint8Array) return { bytes: Buffer.from(data).toString('base64') }
    if (typeof data !== 'object' || data === null || Array.isArray(data)) return { plain: data }
    return { object: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, this.encode(value)])) }
  }

  private decode(data: PageData): unknown {
    if ('text' in data) return this.addresses().toApp(data.text)
    if ('bytes' in data) return new Uint8Array(Buffer.from(data.bytes, 'base64'))
    if ('plain' in data) return data.plain
    return Object.fromEntries(Object.entries(data.object).map(([key, value]) => [key, this.decode(value)]))
  }
}

/** Tells the app of new contents, as Electron does before their first document. */
export function announceContents(contents: StandInWebContents): void {
  app.tell('web-contents-created', {}, contents)
}
