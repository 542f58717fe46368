import { AppError, defaultSettings } from '#contract'
import type { CaptureState, HostCommand, Region, ScreenAccess, Settings } from '#contract'
import { beforeEach, expect, test, vi } from 'vitest'
import { Emitter } from '../../lib/events.ts'
import { encodePng } from '../../lib/workload.ts'
import type { Capture, Display, Shortcuts } from '../../ports.ts'
import { until } from '../../testing/until.ts'
import { createCaptureScreen } from './captureScreen.ts'
import type { CaptureScreen } from './captureScreen.ts'

const png = (width: number, height: number) => encodePng(new Uint8Array(width * height * 3), width, height)
const code = (value: string) => expect.objectContaining({ code: value }) as AppError

/** A shell with a display at 100 % and one at 200 % to the right of it, that remembers what is open. */
class FakeCapture implements Capture {
  way: Capture['way'] = 'overlay'
  readonly address = 'app://capture/'
  allowed: ScreenAccess = 'granted'
  readonly open = new Set<string>()
  readonly shown: string[] = []
  panel: Region | 'hidden' | null = null
  closedByUser = (): void => {}
  readonly settingsOpened = vi.fn(async () => {})
  readonly window = vi.fn()
  failure: AppError | null = null

  access = async () => this.allowed
  openSettings = () => this.settingsOpened()
  sources = async () => []
  displays = async (): Promise<Display[]> => [
    { id: '1', bounds: { x: 0, y: 0, width: 40, height: 30 }, workArea: { x: 0, y: 0, width: 40, height: 28 } },
    { id: '2', bounds: { x: 40, y: -10, width: 20, height: 20 }, workArea: { x: 40, y: -10, width: 20, height: 20 } },
  ]
  readonly withWindow: boolean[] = []
  async screens(_displays: readonly Display[], withWindow: boolean) {
    this.withWindow.push(withWindow)
    if (this.failure) throw this.failure
    return [
      { displayId: '1', width: 40, height: 30, png: png(40, 30) },
      { displayId: '2', width: 40, height: 40, png: png(40, 40) },
    ]
  }
  places: Region[] | null = []
  async windowPlaces() {
    if (!this.places) throw new Error('The program is not there.')
    return this.places
  }
  openOverlays(displays: readonly Display[], onClosed: () => void) {
    for (const { id } of displays) this.open.add(id)
    this.closedByUser = onClosed
  }
  showOverlay = (id: string) => void this.shown.push(id)
  closeOverlays() {
    const had = this.open.size > 0
    this.open.clear()
    if (had) this.closedByUser()
  }
  openPanel(onClosed: () => void) {
    this.panel = 'hidden'
    this.closedByUser = onClosed
  }
  placePanel = (bounds: Region) => void (this.panel = bounds)
  closePanel = () => void (this.panel = null)
  showWindow = (conversationId?: string) => void this.window(conversationId)
}

const settings = () => {
  const changes = new Emitter<Settings>()
  return {
    current: defaultSettings,
    onChange: (listener: (next: Settings) => void) => changes.on(listener),
    choose: (captureShortcut: string | null) => changes.emit({ ...defaultSettings, captureShortcut }),
  }
}

let shell: FakeCapture
let capturing: CaptureScreen
let capture: CaptureScreen['procedures']
const options = { signal: new AbortController().signal }
beforeEach(() => {
  shell = new FakeCapture()
  open({ capture: shell, shortcuts: null, settings: settings() })
})

function open(parts: Parameters<typeof createCaptureScreen>[0]): void {
  capturing = createCaptureScreen(parts)
  capture = capturing.procedures
}

async function now(): Promise<CaptureState> {
  for await (const state of await capture.watch(undefined, options)) return state
  throw new Error('The stream was empty.')
}
async function* bytes(data: Uint8Array): AsyncIterable<Uint8Array> {
  yield data.subarray(0, 3)
  yield data.subarray(3)
}
const below = (address: string) => address.slice(shell.address.length)

/** Posts a picture of the region's size and chooses it, as an overlay does. */
async function choose(id: string, region: Region): Promise<void> {
  const { chosen } = await capture.screen({ id }, options)
  await capturing.gateway.store(below(chosen), bytes(png(region.width, region.height)))
  await capture.choose({ id, region }, options)
}

test('a region chosen on the second display ends in a panel beside it and a conversation in the main window', async () => {
  const commands: HostCommand[] = []
  capturing.commands.on((command) => commands.push(command))
  await capture.start({ delaySeconds: 0 }, options)
  expect([...shell.open]).toEqual(['1', '2'])
  expect((await now()).phase).toBe('picking')
  const screen = await capture.screen({ id: '2' }, options)
  expect(screen).toMatchObject({ width: 40, height: 40 })
  expect(await capturing.gateway.open(below(screen.address))).toEqual(png(40, 40))
  await capture.painted({ id: '2' }, options)
  expect(shell.shown).toEqual(['2'])

  await choose('2', { x: 10, y: 20, width: 7, height: 5 })
  expect((await now()).phase).toBe('asking')
  expect([shell.open.size, shell.panel]).toEqual([0, 'hidden'])
  const chosen = await capture.chosen(undefined, options)
  expect(chosen).toMatchObject({
    width: 7,
    height: 5,
    region: { x: 45, y: 0, width: 4, height: 3 },
    area: { x: 40, y: -10 },
    // in pixels of the display itself, which is at 200 %
    screen: { x: 10, y: 20 },
  })
  expect(await capturing.gateway.open(below(chosen.address))).toEqual(png(7, 5))
  expect(await capturing.gateway.open(below(screen.address)), 'the screens are forgotten').toBeNull()
  await capture.placePanel({ x: 200, y: 0, width: 10, height: 8 }, options)
  expect(shell.panel).toEqual({ x: 50, y: 0, width: 10, height: 8 })

  await capture.open({ conversationId: 'c1' }, options)
  expect(shell.panel).toBeNull()
  expect(shell.window).toHaveBeenCalledWith('c1')
  expect(commands).toEqual([{ type: 'openConversation', conversationId: 'c1' }])
  expect(await capturing.gateway.open(below(chosen.address)), 'nothing is kept').toBeNull()
})

test('an overlay is told where windows are in its own pixels, the frontmost first, and nothing where the system does not tell', async () => {
  const left = { x: 4, y: 3, width: 10, height: 8 }
  const across = { x: 30, y: 5, width: 20, height: 10 }
  shell.places = [across, left]
  await capture.start({ delaySeconds: 0 }, options)
  expect(await capture.windows({ id: '1' }, options)).toEqual([{ x: 30, y: 5, width: 10, height: 10 }, left])
  expect(await capture.windows({ id: '2' }, options), 'at 200 %, its top is at -10').toEqual([
    { x: 0, y: 30, width: 20, height: 10 },
  ])
  await expect(capture.windows({ id: '9' }, options)).rejects.toEqual(code('NotFound'))
  shell.places = null
  await capture.start({ delaySeconds: 0 }, options)
  expect(await capture.windows({ id: '1' }, options)).toEqual([])
  await capture.cancel(undefined, options)
  await expect(capture.windows({ id: '1' }, options)).rejects.toEqual(code('NotFound'))
})

test('cancelling closes everything and forgets the pictures', async () => {
  await capture.start({ delaySeconds: 0 }, options)
  const screen = await capture.screen({ id: '1' }, options)
  await capture.cancel(undefined, options)
  expect((await now()).phase).toBe('idle')
  expect(shell.open.size).toBe(0)
  expect(await capturing.gateway.open(below(screen.address))).toBeNull()
  await expect(capturing.gateway.store(below(screen.chosen), bytes(png(1, 1)))).rejects.toEqual(code('NotFound'))
  await expect(capture.screen({ id: '1' }, options)).rejects.toEqual(code('NotFound'))
})

test('the window is left out of a capture that it begins at once, and of no other', async () => {
  await capture.start({ delaySeconds: 0 }, options)
  capturing.startFromShell()
  await until(() => shell.withWindow.length === 2)
  expect(shell.withWindow).toEqual([false, true])
})

test('a window of the capture that its user closes ends it', async () => {
  await capture.start({ delaySeconds: 0 }, options)
  shell.closedByUser()
  expect((await now()).phase).toBe('idle')
  await capture.start({ delaySeconds: 0 }, options)
  await choose('1', { x: 0, y: 0, width: 2, height: 2 })
  shell.closedByUser()
  expect((await now()).phase).toBe('idle')
  expect(shell.panel).toBeNull()
})

test('a delayed capture waits, and can be cancelled meanwhile', async () => {
  const started = capture.start({ delaySeconds: 10 }, options)
  expect((await now()).phase).toBe('waiting')
  expect(shell.open.size).toBe(0)
  await capture.cancel(undefined, options)
  await expect(started).rejects.toEqual(code('Interrupted'))
  expect(shell.open.size).toBe(0)
})

test('a later capture replaces an earlier one, whose pictures are gone', async () => {
  await capture.start({ delaySeconds: 0 }, options)
  const first = await capture.screen({ id: '1' }, options)
  await capture.start({ delaySeconds: 0 }, options)
  expect(await capturing.gateway.open(below(first.address))).toBeNull()
  expect((await now()).phase).toBe('picking')
})

test('only a region of the screen whose picture was posted is taken', async () => {
  await capture.start({ delaySeconds: 0 }, options)
  const region = { x: 0, y: 0, width: 4, height: 4 }
  await expect(capture.choose({ id: '1', region }, options), 'nothing posted').rejects.toEqual(code('InvalidInput'))
  await expect(choose('1', { ...region, x: 38 }), 'over the edge').rejects.toEqual(code('InvalidInput'))
  await expect(choose('9', region)).rejects.toEqual(code('NotFound'))
  const { chosen } = await capture.screen({ id: '1' }, options)
  await expect(capturing.gateway.store(below(chosen), bytes(Buffer.from('GIF89a')))).rejects.toEqual(
    code('UnsupportedMedia'),
  )
  await expect(capturing.gateway.store('other/chosen', bytes(png(4, 4)))).rejects.toEqual(code('NotFound'))
  expect(() => capture.chosen(undefined, options)).toThrow(code('NotFound'))
  expect((await now()).phase).toBe('picking')
})

test('without access nothing is captured; asked from outside, the window says why', async () => {
  const states = await capture.watch(undefined, options)
  expect((await states.next()).value).toMatchObject({ access: 'granted' })
  shell.allowed = 'denied'
  await expect(capture.start({ delaySeconds: 0 }, options)).rejects.toEqual(code('Unauthorized'))
  expect((await states.next()).value).toMatchObject({ access: 'denied' })
  expect(shell.open.size).toBe(0)
  const told = new Promise<HostCommand>((resolve) => capturing.commands.on(resolve))
  capturing.startFromShell()
  expect(await told).toEqual({ type: 'capture' })
  expect(shell.window).toHaveBeenCalledOnce()
  await capture.openSettings(undefined, options)
  expect(shell.settingsOpened).toHaveBeenCalledOnce()
})

test('access that was refused when the system asked ends the capture', async () => {
  shell.allowed = 'unasked'
  const started = capture.start({ delaySeconds: 0 }, options)
  shell.allowed = 'denied'
  await expect(started).rejects.toEqual(code('Unauthorized'))
  expect([(await now()).phase, shell.open.size]).toEqual(['idle', 0])
})

test('a screen that cannot be captured ends it with the reason', async () => {
  shell.failure = new AppError('NotFound', 'There is no screen.')
  await expect(capture.start({ delaySeconds: 0 }, options)).rejects.toBe(shell.failure)
  expect([(await now()).phase, shell.open.size]).toEqual(['idle', 0])
})

test('where the desktop lets its user choose, the window begins the capture', async () => {
  shell.way = 'picker'
  await expect(capture.start({ delaySeconds: 0 }, options)).rejects.toEqual(code('NotYetSupported'))
  const told = new Promise<HostCommand>((resolve) => capturing.commands.on(resolve))
  capturing.startFromShell()
  expect(await told).toEqual({ type: 'capture' })
})

test('the shortcut follows the settings and says when its keys are taken', async () => {
  const chosen = settings()
  const set = vi.fn<Shortcuts['set']>(async (keys) => keys !== 'Alt+T')
  open({ capture: shell, shortcuts: { set }, settings: chosen })
  expect(set).toHaveBeenLastCalledWith(defaultSettings.captureShortcut, expect.any(Function))
  expect((await now()).shortcut).toBe('active')
  chosen.choose('Alt+T')
  expect((await now()).shortcut).toBe('taken')
  chosen.choose('Alt+T')
  expect(set).toHaveBeenCalledTimes(2)
  chosen.choose(null)
  expect((await now()).shortcut).toBe('off')
  chosen.choose('Alt+U')
  set.mock.lastCall![1]()
  await until(() => shell.open.size === 2)
  capturing.close()
  expect(set).toHaveBeenLastCalledWith(null, expect.any(Function))
  expect(shell.open.size).toBe(0)
})

test('without a shell that captures, the window is told so', async () => {
  open({ capture: null, shortcuts: null, settings: settings() })
  expect(await now()).toEqual({ phase: 'idle', way: 'picker', access: 'granted', shortcut: 'unsupported' })
  await expect(capture.start({ delaySeconds: 0 }, options)).rejects.toEqual(code('NotYetSupported'))
})
