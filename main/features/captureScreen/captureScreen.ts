import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '#contract'
import type { CapturePhase, CaptureState, Contract, HostCommand, Region, ScreenAccess, ScreenPlace } from '#contract'
import { Emitter, eventStream } from '../../lib/events.ts'
import type { HandlersOf } from '../../lib/handlers.ts'
import type { Capture, Display, ScreenPicture, Shortcuts } from '../../ports.ts'
import { inPicture, isWithin, keptWithin, onDesktop } from './desktop.ts'
import { createPermits } from './permits.ts'
import type { Permits } from './permits.ts'
import { createCaptureShortcut } from './shortcut.ts'
import type { ShortcutSettings } from './shortcut.ts'

const CHOSEN = 'chosen'
const SECOND_MS = 1_000

/** What a shell carries between the core and the overlays: pictures of the running capture, in memory only. */
export interface CaptureGateway {
  /** The PNG at a path below the capture's address; null when there is none (any more). */
  open(path: string): Promise<Uint8Array | null>
  /** Takes the chosen part of a screen as PNG. Throws NotFound when its capture is over, UnsupportedMedia, MediaTooLarge. */
  store(path: string, body: AsyncIterable<Uint8Array>): Promise<void>
}

/** Capturing the screen: from the shortcut or a button to a conversation about a part of it. Nothing of it is ever written to a disk here. */
export interface CaptureScreen {
  readonly gateway: CaptureGateway
  readonly permits: Permits
  /** What the main window is asked to do. */
  readonly commands: Emitter<HostCommand>
  /** Answers the window's calls about captures. One that waits has the window in it, for its user to arrange the screen. */
  readonly procedures: HandlersOf<Contract>['capture']
  /** Begins a capture from outside of the window, which is shown when it has to do or to say something itself. */
  startFromShell(): void
  close(): void
}

interface Session {
  readonly id: string
  phase: Exclude<CapturePhase, 'idle'>
  readonly stop: AbortController
  displays: Display[]
  screens: Promise<ScreenPicture[]>
  windows: Promise<Region[]>
  png: CapturedPng | null
  place: { region: Region; area: Region; screen: ScreenPlace } | null
}

/** One capture at a time. Without `capture` the window captures by itself, as far as its browser lets it. */
export function createCaptureScreen(parts: {
  capture: Capture | null
  shortcuts: Shortcuts | null
  settings: ShortcutSettings
}): CaptureScreen {
  const { capture } = parts
  const commands = new Emitter<HostCommand>()
  const changes = new Emitter<void>()
  let session: Session | null = null
  const changed = (): void => changes.emit()
  /** What the system last said; it is asked again whenever somebody begins to look, and before each capture. */
  let access: ScreenAccess = 'granted'
  const askAccess = async (): Promise<ScreenAccess> => (access = (await capture?.access()) ?? 'granted')
  const shortcut = createCaptureShortcut(capture && parts.shortcuts, parts.settings, () => startFromShell(), changed)

  const state = (): CaptureState => ({
    phase: session?.phase ?? 'idle',
    way: capture?.way ?? 'picker',
    access,
    shortcut: shortcut.state,
  })

  function end(): void {
    const ended = session
    if (!ended) return
    session = null
    ended.stop.abort()
    capture?.closeOverlays()
    capture?.closePanel()
    changed()
  }

  /** The running capture in `phase`, and the shell that shows it. Throws NotFound when there is none. */
  function running(phase: Session['phase']): { own: Session; capture: Capture } {
    if (!capture || session?.phase !== phase) throw over()
    return { own: session, capture }
  }

  /** Throws Unauthorized when the system does not let the app see the screen, which may have changed since it was told. */
  async function requireAccess(): Promise<void> {
    if ((await askAccess()) !== 'denied') return
    throw new AppError(
      'Unauthorized',
      'The system does not let Sightline see the screen. Allow it in the system’s settings, then start Sightline again.',
    )
  }

  async function start(delaySeconds: number, withWindow: boolean): Promise<void> {
    end()
    if (capture?.way !== 'overlay')
      throw new AppError(
        'NotYetSupported',
        'Regions cannot be chosen on the screen here. Choose what to show in the window.',
      )
    const stop = new AbortController()
    const own: Session = {
      id: randomUUID(),
      phase: 'waiting',
      stop,
      displays: [],
      screens: Promise.resolve([]),
      windows: Promise.resolve([]),
      png: null,
      place: null,
    }
    session = own
    const requireOwn = (): void => {
      if (session !== own) throw new AppError('Interrupted', 'The capture was cancelled.')
    }
    try {
      await requireAccess()
      requireOwn()
      if (delaySeconds > 0) {
        changed()
        await pause(delaySeconds * SECOND_MS, undefined, { signal: stop.signal }).catch(requireOwn)
      }
      own.displays = await capture.displays()
      requireOwn()
      own.screens = capture.screens(own.displays, withWindow)
      own.windows = capture.windowPlaces().catch(() => [])
      own.phase = 'picking'
      changed()
      capture.openOverlays(own.displays, () => session === own && own.phase === 'picking' && end())
      await own.screens
      await requireAccess()
      requireOwn()
    } catch (error) {
      if (session === own) end()
      throw error
    }
  }

  function startFromShell(): void {
    const say = (): void => {
      capture?.showWindow()
      commands.emit({ type: 'capture' })
    }
    if (capture?.way !== 'overlay') return say()
    start(0, true).catch((error: unknown) => {
      if (!(error instanceof AppError && error.code === 'Interrupted')) say()
    })
  }

  const find = async (own: Session, id: string): Promise<ScreenPicture> => {
    const screen = (await own.screens).find(({ displayId }) => displayId === id)
    if (!screen || session !== own) throw over()
    return screen
  }

  const permits = createPermits()
  const procedures: CaptureScreen['procedures'] = {
    watch: (_, { signal }) =>
      eventStream(
        ({ push }) => {
          void askAccess()
            .catch(() => access)
            .then(() => push(state()))
          return changes.on(() => push(state()))
        },
        { signal },
      ),
    start: ({ delaySeconds }) => start(delaySeconds, delaySeconds > 0),
    cancel: end,
    openSettings: async () => capture?.openSettings(),
    sources: () => capture?.sources() ?? [],
    allow: (wanted) => permits.allow(wanted),
    async screen({ id }) {
      const { own, capture } = running('picking')
      const { width, height } = await find(own, id)
      const address = `${capture.address}${own.id}/`
      return { address: address + encodeURIComponent(id), width, height, chosen: address + CHOSEN }
    },
    async windows({ id }) {
      const { own } = running('picking')
      const [screen, windows] = await Promise.all([find(own, id), own.windows])
      const bounds = own.displays.find((one) => one.id === id)?.bounds
      return bounds ? windows.flatMap((window) => inPicture(window, screen, bounds) ?? []) : []
    },
    painted: ({ id }) => running('picking').capture.showOverlay(id),
    async choose({ id, region }) {
      const { own, capture } = running('picking')
      const screen = await find(own, id)
      const display = own.displays.find((one) => one.id === id)
      const isPosted = own.png?.width === region.width && own.png.height === region.height
      if (!display || !isPosted || !isWithin(region, screen)) {
        throw new AppError('InvalidInput', 'This region is not on the screen that was captured. Choose another one.')
      }
      own.place = {
        region: onDesktop(region, screen, display.bounds),
        area: display.workArea,
        screen: { x: region.x, y: region.y },
      }
      own.screens = Promise.resolve([])
      own.phase = 'asking'
      capture.closeOverlays()
      capture.openPanel(() => session === own && end())
      changed()
    },
    chosen() {
      const { own, capture } = running('asking')
      if (!own.png || !own.place) throw over()
      const { width, height } = own.png
      return { address: `${capture.address}${own.id}/${CHOSEN}`, width, height, ...own.place }
    },
    placePanel(bounds) {
      const { own, capture } = running('asking')
      if (own.place) capture.placePanel(keptWithin(bounds, own.place.area))
    },
    open({ conversationId }) {
      const { capture } = running('asking')
      end()
      capture.showWindow(conversationId)
      commands.emit({ type: 'openConversation', conversationId })
    },
  }

  return {
    commands,
    permits,
    procedures,
    startFromShell,
    gateway: {
      async open(path) {
        const [id, name = ''] = path.split('/')
        if (!session || session.id !== id) return null
        if (name === CHOSEN) return session.phase === 'asking' ? (session.png?.png ?? null) : null
        return (await session.screens.catch(() => [])).find(({ displayId }) => displayId === name)?.png ?? null
      },
      async store(path, body) {
        const picking = session
        const isOpen = (): boolean => picking !== null && session === picking && picking.phase === 'picking'
        const png = path === `${picking?.id}/${CHOSEN}` && isOpen() ? await readPng(body) : null
        if (!png || !picking || !isOpen()) throw over()
        picking.png = png
      },
    },
    close() {
      end()
      shortcut.close()
    },
  }
}

const over = (): AppError => new AppError('NotFound', 'This capture is over. Capture the screen again.')

const PNG = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** A desktop of 16,384 x 16,384 pixels takes less as a PNG. */
const MAX_BYTES = 512 * 1024 * 1024
const HEAD_BYTES = 24

/** A captured picture in memory: a PNG file and its size in pixels. */
interface CapturedPng {
  readonly png: Uint8Array
  readonly width: number
  readonly height: number
}

/** Reads a posted PNG to its end. Throws UnsupportedMedia when it is none, MediaTooLarge. */
async function readPng(body: AsyncIterable<Uint8Array>): Promise<CapturedPng> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES)
      throw new AppError('MediaTooLarge', 'This part of the screen is too large. Choose a smaller one.')
    chunks.push(chunk.slice())
  }
  const png = Buffer.concat(chunks)
  const isPng = png.length >= HEAD_BYTES && png.subarray(0, PNG.length).equals(PNG)
  const [width, height] = isPng ? [png.readUInt32BE(16), png.readUInt32BE(20)] : [0, 0]
  if (width === 0 || height === 0)
    throw new AppError('UnsupportedMedia', 'What was captured is not a picture. Capture the screen again.')
  return { png, width, height }
}
