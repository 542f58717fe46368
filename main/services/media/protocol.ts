import type { ErrorInfo } from '#contract'

/** Facts of a picture as it is shown, after EXIF orientation, in pixels. */
export interface Probe {
  readonly mime: string
  readonly width: number
  readonly height: number
}

/** What the core asks of the media worker; one request is in flight at a time. `name` is what errors call the file. */
export type MediaRequest =
  | { readonly id: number; readonly type: 'probe'; readonly path: string; readonly name: string }
  | { readonly id: number; readonly type: 'thumbnail'; readonly path: string; readonly name: string; readonly target: string }

/** `ready` comes once, when the decoders are loaded. */
export type MediaReply =
  | { readonly type: 'ready' }
  | { readonly type: 'probed'; readonly id: number; readonly probe: Probe }
  | { readonly type: 'made'; readonly id: number; readonly mime: string }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorInfo }
