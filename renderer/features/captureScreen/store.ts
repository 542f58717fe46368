import { create } from 'zustand'
import type { CaptureState, ErrorInfo, Region } from '#contract'
import { follow } from '../../lib/follow.ts'
import { connection } from '../../lib/rpc.ts'

/** What the window shows of a capture that it makes itself. `near`: where the chosen region was, in CSS pixels of the window. */
export type WindowCapture =
  | { readonly phase: 'idle' }
  /** The browser only asks after a click: one is waited for. */
  | { readonly phase: 'offered' }
  | { readonly phase: 'waiting'; readonly until: number; readonly cancel: () => void }
  | { readonly phase: 'picking'; readonly picture: ImageBitmap }
  | {
      readonly phase: 'asking'
      readonly png: Blob
      readonly width: number
      readonly height: number
      readonly near: Region
    }

export const idle: WindowCapture = { phase: 'idle' }

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
