import { t } from '@lingui/core/macro'
import { AppError, Region } from '#contract'
import type { CaptureState, ErrorInfo, ScreenPlace } from '#contract'
import { create } from 'zustand'
import { toAppError } from '../../lib/errors.ts'
import { follow } from '../../lib/follow.ts'
import { canShareScreen, recall, remember } from '../../lib/platform.ts'
import { call, connection } from '../../lib/rpc.ts'

/** The pixels of a captured picture as they are: no colour is converted. */
export const openPixels = (picture: Blob): Promise<ImageBitmap> =>
  createImageBitmap(picture, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' })

/** A region of a picture as PNG: the same pixels, nothing scaled. */
export async function cropPng(picture: ImageBitmap, { x, y, width, height }: Region): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  const context = canvas.getContext('2d', { alpha: false })
  if (!context)
    throw new AppError('EngineFailed', t`The picture could not be cut out. Close other windows and try again.`)
  context.drawImage(picture, -x, -y)
  return canvas.convertToBlob({ type: 'image/png' })
}

const key = (screen: string): string => `lastRegion.${screen}`

/** The region that was last taken of a screen, in pixels of its picture; null when there is none. */
export function lastRegion(screen: string): Region | null {
  try {
    return Region.safeParse(JSON.parse(recall(key(screen)) ?? 'null')).data ?? null
  } catch {
    return null
  }
}

/** Remembers a region for "last region again"; no pixel of it is kept. */
export const rememberRegion = (screen: string, region: Region): void => remember(key(screen), JSON.stringify(region))

/** Seconds after which a screen can be captured, to open a menu or hold a key meanwhile. */
export const DELAYS = [3, 5, 10] as const

/** The phase of a capture that the window makes itself. `near` is the chosen region, in CSS pixels of the window. */
export type WindowCapture =
  | { readonly phase: 'idle' }
  /** The browser only asks after a click: one is waited for. */
  | { readonly phase: 'offered' }
  | { readonly phase: 'waiting'; readonly until: number; readonly cancel: () => void }
  /** `isScreen`: it shows all of a screen, not a window or a tab. */
  | { readonly phase: 'picking'; readonly picture: ImageBitmap; readonly isScreen: boolean }
  | {
      readonly phase: 'asking'
      readonly png: Blob
      readonly width: number
      readonly height: number
      readonly near: Region
      /** Where it was on its screen; null: that is not told. */
      readonly screen: ScreenPlace | null
    }

const idle: WindowCapture = { phase: 'idle' }

/** The shell's capture state (null until it is known), the window's own capture, and why the last one failed. */
export const useCapture = create<{ shell: CaptureState | null; own: WindowCapture; problem: ErrorInfo | null }>(() => ({
  shell: null,
  own: idle,
  problem: null,
}))

/** Keeps the shell's capture state up to date until `signal` aborts. */
export const followCapture = (signal: AbortSignal): Promise<void> =>
  follow<CaptureState>({
    connection,
    signal,
    subscribe: (core, round) => core.capture.watch(undefined, { signal: round }),
    onEvent: (shell) => useCapture.setState({ shell }),
  })

/** The name under which regions of the window's own captures are remembered. */
export const OWN_SCREEN = 'window'

const show = (own: WindowCapture): void => {
  const before = useCapture.getState().own
  if (before.phase === 'picking' && own.phase !== 'picking') before.picture.close()
  useCapture.setState({ own })
}
const fail = (thrown: unknown): void => {
  const { code, message } = toAppError(thrown)
  show(idle)
  useCapture.setState({ problem: code === 'Interrupted' ? null : { code, message } })
}

/** Resolves after so many seconds, shown as a countdown; rejects with Interrupted when it is cancelled. */
function countdown(seconds: number): Promise<void> {
  if (seconds === 0) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1_000)
    const cancel = (): void => {
      clearTimeout(timer)
      reject(new AppError('Interrupted', t`The capture was cancelled.`))
    }
    show({ phase: 'waiting', until: Date.now() + seconds * 1_000, cancel })
  })
}

/** The shell shows overlays on its screens by itself; the window only counts down. */
async function captureByShell(seconds: number): Promise<void> {
  const until = Date.now() + seconds * 1_000
  if (seconds > 0)
    show({ phase: 'waiting', until, cancel: () => void call((core) => core.capture.cancel()).catch(() => {}) })
  await call((core) => core.capture.start({ delaySeconds: seconds }))
  show(idle)
}

async function captureByWindow(seconds: number): Promise<void> {
  if (!canShareScreen())
    throw new AppError('NotYetSupported', t`This window cannot see the screen. Paste a screenshot instead.`)
  // not part of the first view
  const { grabFrame, shareScreen } = await import('../../lib/mediaTracks.ts')
  const track = await shareScreen()
  if (!track) return show(idle)
  const isScreen = track.getSettings().displaySurface === 'monitor'
  show({ phase: 'picking', picture: await grabFrame(track, countdown(seconds)), isScreen })
}

/**
 * Captures the screen after a delay in seconds and has a region chosen: on the screens where the shell can, else in the
 * window.
 */
export async function startCapture(seconds = 0): Promise<void> {
  const { shell, own } = useCapture.getState()
  if (own.phase === 'waiting') own.cancel()
  show(idle)
  useCapture.setState({ problem: null })
  try {
    await (shell?.way === 'overlay' ? captureByShell(seconds) : captureByWindow(seconds))
  } catch (thrown) {
    fail(thrown)
  }
}

/** A capture that was asked for outside of the window; where the browser wants a click first, one is offered. */
export function startFromOutside(): void {
  const { shell } = useCapture.getState()
  if (shell?.way === 'overlay' || navigator.userActivation.isActive) void startCapture()
  else show({ phase: 'offered' })
}

/** Ends the window's own capture; nothing of it is kept. */
export function cancelOwn(): void {
  const { own } = useCapture.getState()
  if (own.phase === 'waiting') own.cancel()
  show(idle)
}

/** Takes a region of the picture that the window captured, and asks about it. */
export async function takeOwn(region: Region, near: Region): Promise<void> {
  const { own } = useCapture.getState()
  if (own.phase !== 'picking') return
  try {
    const png = await cropPng(own.picture, region)
    rememberRegion(OWN_SCREEN, region)
    const screen = own.isScreen ? { x: region.x, y: region.y } : null
    show({ phase: 'asking', png, width: region.width, height: region.height, near, screen })
  } catch (thrown) {
    fail(thrown)
  }
}
