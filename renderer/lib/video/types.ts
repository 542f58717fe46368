import type { ErrorInfo, VideoFacts, Size } from '#contract'

/** What is known of a video file from its head, before its frames are counted. */
export interface KnownVideo {
  /** As shown, in pixels. */
  readonly width: number
  readonly height: number
  /** The codec as people call it: "H.264", "AV1"; as the file names it where that is not known. */
  readonly codecName: string
  /** Whether this Chromium decodes it. */
  readonly isDecodable: boolean
}

/** The result of reading a video file. */
export interface VideoReading {
  readonly facts: VideoFacts
  /** When each frame is first shown, in order, in seconds on the player's clock. */
  readonly times: Float64Array
}

/** The pixels of a picture, upright, row by row from the top without padding. */
export interface Frame {
  readonly width: number
  readonly height: number
  /** Bytes of a pixel: red, green, blue and, in `rgba`, alpha (always 255); in sRGB. */
  readonly format: 'rgb' | 'rgba'
  readonly pixels: ArrayBuffer
}

/** A frame as a model gets it. `index`: its place among all frames of the file, from 0. */
export interface SampledFrame {
  readonly index: number
  readonly frame: Frame
  /** With the first one: what stands for the video in lists. */
  readonly poster: Frame | null
}

/** A frame in small, to be looked at. `index`: its place among all frames of the file, from 0. */
export interface Thumbnail {
  readonly index: number
  readonly time: number
  readonly picture: Blob
}

/**
 * What is asked of the worker. Frames are named by their place in the file. `from`: a file or where it is; `size`: what
 * each frame is resized to.
 */
export type Task =
  | { readonly type: 'open'; readonly from: Blob | string }
  | { readonly type: 'read' }
  | { readonly type: 'sample'; readonly indices: readonly number[]; readonly size: Size }
  | { readonly type: 'overview'; readonly count: number; readonly height: number }

/** The messages from the window to the worker. `more` says that a result was taken and the next may be sent. */
export type Request =
  | { readonly id: number; readonly task: Task }
  | { readonly id: number; readonly more: true }
  | { readonly id: number; readonly cancel: true }

/** One result of a task. */
export type Result =
  | { readonly type: 'known'; readonly known: KnownVideo }
  | { readonly type: 'reading'; readonly reading: VideoReading }
  | { readonly type: 'sampled'; readonly sampled: SampledFrame }
  | { readonly type: 'thumbnail'; readonly thumbnail: Thumbnail }

/** The messages from the worker to the window: results, then the end of the task or its error. */
export type Reply =
  | { readonly id: number; readonly result: Result }
  | { readonly id: number; readonly done: true }
  | { readonly id: number; readonly error: ErrorInfo }
