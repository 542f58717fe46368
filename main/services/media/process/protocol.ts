import type { ErrorInfo, PageLine, RawFrame, Size } from '#contract'
import type { PageCount } from '../../../lib/pdf/index.ts'
import type { OfficeKind } from '../../../lib/office/libreOffice.ts'

/** What a file is; of a picture with its size as it is shown, after EXIF orientation, in pixels. */
export type Probe =
  | {
      readonly kind: 'image'
      readonly mime: string
      readonly width: number
      readonly height: number
      readonly pages?: number
    }
  | { readonly kind: 'video'; readonly mime: string }
  /** Pages of it are asked about: a PDF, a TIFF with several, an SVG drawing. */
  | { readonly kind: 'paged'; readonly mime: string }
  /** A PDF can be made of it. */
  | { readonly kind: 'office'; readonly of: OfficeKind }

/**
 * What the core asks of the media worker; one request is in flight at a time. `name` is what errors call the file;
 * `requestId` names the window's call in the log.
 */
export type MediaRequest = { readonly requestId?: string | null } & (
  | ProbeRequest
  | {
      readonly id: number
      readonly type: 'thumbnail'
      readonly path: string
      readonly name: string
      readonly target: string
    }
  | {
      readonly id: number
      readonly type: 'view'
      readonly path: string
      readonly name: string
      readonly target: string
    }
  | InputRequest
  | OpenRequest
  | PageRequest
  | PageThumbnailRequest
  | PosterRequest
  | FrameRequest
)

/** A picture is written to `target` as PNG, resized to `size` as the engine does it for a model. */
export interface InputRequest {
  readonly id: number
  readonly type: 'input'
  readonly path: string
  readonly name: string
  readonly size: Size
  readonly target: string
}

/** What a file is; `picture`: as one picture, even where it has pages. */
export interface ProbeRequest {
  readonly id: number
  readonly type: 'probe'
  readonly path: string
  readonly name: string
  readonly as: 'any' | 'picture'
}

/** A file with pages is opened and they are counted. */
export interface OpenRequest {
  readonly id: number
  readonly type: 'paged'
  readonly path: string
  readonly name: string
  readonly password?: string
}

/** A page, counted from 1, is drawn with about `pixels` pixels and written to `target` as PNG. */
export interface PageRequest extends Omit<OpenRequest, 'type'> {
  readonly type: 'page'
  readonly page: number
  readonly pixels: number
  readonly target: string
}

/** A small picture of a page is written to `target` as WebP. */
export interface PageThumbnailRequest extends Omit<OpenRequest, 'type'> {
  readonly type: 'pageThumbnail'
  readonly page: number
  readonly target: string
}

/** A small picture of a frame is written to `target`. */
export interface PosterRequest {
  readonly id: number
  readonly type: 'poster'
  readonly path: string
  readonly name: string
  readonly raw: RawFrame
  readonly target: string
}

/** A frame is resized to `size` and written to `target` as PNG. */
export interface FrameRequest {
  readonly id: number
  readonly type: 'frame'
  readonly path: string
  readonly name: string
  readonly raw: RawFrame
  readonly size: { readonly width: number; readonly height: number }
  readonly target: string
}

/** What is known of a page that was drawn: what a user must know, one sentence each, its text layer, and its label. */
export interface PageFacts {
  readonly notes: readonly string[]
  readonly lines: readonly PageLine[]
  readonly label?: string
}

/** `ready` comes once, when the decoders are loaded. */
export type MediaReply =
  | { readonly type: 'ready' }
  | { readonly type: 'probed'; readonly id: number; readonly probe: Probe }
  | ({ readonly type: 'opened'; readonly id: number } & PageCount)
  | { readonly type: 'made'; readonly id: number; readonly mime: string; readonly notes?: readonly string[] }
  | ({ readonly type: 'drawn'; readonly id: number } & PageFacts)
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorInfo }
