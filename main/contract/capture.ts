import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { ScreenPlace } from './media.ts'

/** A rectangle in whole pixels of a captured picture, or in whole device-independent pixels of the desktop. */
export const Region = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) })
export type Region = z.infer<typeof Region>

/** Whether the system lets the app see the screen. `unasked`: it asks when the screen is first captured. */
export const ScreenAccess = z.enum(['granted', 'denied', 'unasked'])
export type ScreenAccess = z.infer<typeof ScreenAccess>

/**
 * Where a capture is. `idle`: there is none. `waiting`: for its delay to pass. `picking`: a region is being chosen on the
 * screens. `asking`: a region was chosen, the ask panel is open.
 */
export const CapturePhase = z.enum(['idle', 'waiting', 'picking', 'asking'])
export type CapturePhase = z.infer<typeof CapturePhase>

/** `taken`: another program has these keys. `unsupported`: this shell or desktop gives no keys to apps. */
export const ShortcutState = z.enum(['off', 'active', 'taken', 'unsupported'])
export type ShortcutState = z.infer<typeof ShortcutState>

export const CaptureState = z.object({
  phase: CapturePhase,
  /** `overlay`: a region is chosen on the screens. `picker`: the system or the browser asks what may be seen, the region is chosen in the window. */
  way: z.enum(['overlay', 'picker']),
  access: ScreenAccess,
  shortcut: ShortcutState,
})
export type CaptureState = z.infer<typeof CaptureState>

/** A captured picture at `address`, for as long as its capture lasts. Sizes in pixels. */
const CapturedPicture = z.object({ address: z.string(), width: z.int(), height: z.int() })

export const capture = {
  /** The state at once, then whenever it changes. */
  watch: oc.output(eventIterator(CaptureState)),
  /**
   * Captures every screen after `delaySeconds` and has a region chosen on them; ends an earlier capture. Unauthorized when
   * the system does not let the app see the screen, NotYetSupported where regions are not chosen on the screens, Interrupted
   * when it is cancelled meanwhile.
   */
  start: oc.input(z.object({ delaySeconds: z.int().min(0).max(10) })).output(z.void()),
  /** Ends the capture; what was captured is forgotten. */
  cancel: oc.output(z.void()),
  /** Opens the system's settings where the user lets the app see the screen. */
  openSettings: oc.output(z.void()),
  /** Screens and windows that can be watched, by name; empty where the system or the browser asks its user by itself. */
  sources: oc.output(z.array(z.object({ id: z.string(), name: z.string() }))),
  /** Lets the window see the camera, or the screen or window of `sourceId`, once: at its next request within ten seconds. */
  allow: oc
    .input(z.object({ what: z.enum(['camera', 'screen']), sourceId: z.string().max(200).nullable() }))
    .output(z.void()),
  /** For an overlay: the picture of its screen, as PNG, and where the chosen part of it is posted as PNG. */
  screen: oc.input(z.object({ id: z.string() })).output(CapturedPicture.extend({ chosen: z.string() })),
  /** For an overlay: where other programs' windows are in its picture, the frontmost first; empty where the system does not tell. */
  windows: oc.input(z.object({ id: z.string() })).output(z.array(Region)),
  /** For an overlay: it shows the picture of its screen and may be seen now. */
  painted: oc.input(z.object({ id: z.string() })).output(z.void()),
  /** For an overlay: the region whose picture was posted. The ask panel opens beside it. */
  choose: oc.input(z.object({ id: z.string(), region: Region })).output(z.void()),
  /**
   * For the ask panel: the chosen picture, where it was on its screen, and in device-independent pixels of the desktop where
   * it was and where the panel may be.
   */
  chosen: oc.output(CapturedPicture.extend({ screen: ScreenPlace, region: Region, area: Region })),
  /** For the ask panel: where it is, in device-independent pixels of the desktop. It is shown from then on. */
  placePanel: oc.input(Region).output(z.void()),
  /** For the ask panel: its conversation is to be opened in the main window. Ends the capture. */
  open: oc.input(z.object({ conversationId: Id })).output(z.void()),
}
