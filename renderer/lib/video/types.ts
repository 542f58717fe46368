import type { ErrorInfo, VideoFacts } from '#contract'

/** What was read of a video file. */
export interface VideoReading {
  readonly facts: VideoFacts
  /** The codec as people call it: "H.264", "AV1"; as the file names it where that is not known. */
  readonly codecName: string
  /** Whether this Chromium decodes it. */
  readonly isDecodable: boolean
  /** When each frame is first shown, in order, in seconds on the player's clock. */
  readonly times: Float64Array
}

/** The pixels of a frame, upright; as large as the file has it, unless that was too large. Good until the next one is read. */
export interface Frame {
  readonly width: number
  readonly height: number
  /** Width x height x 4 bytes: red, green, blue, alpha (always 255) in sRGB, row by row from the top. */
  readonly rgba: ArrayBuffer
}

/** A frame, by its place among all frames of the file, and the addresses that its pixels are sent to. */
export interface Sending {
  readonly index: number
  readonly to: readonly string[]
}

/** A frame in small, to be looked at. `index`: its place among all frames of the file, from 0. */
export interface Thumbnail {
  readonly index: number
  readonly time: number
  readonly picture: Blob
}

/** In pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** What is asked of the worker. Frames are named by their place in the file. `from`: a file or where it is; `least`: a frame is not made smaller than this. */
export type Task =
  | { readonly type: 'open'; readonly from: Blob | string }
  | { readonly type: 'send'; readonly frames: readonly Sending[]; readonly least: Size }
  | { readonly type: 'overview'; readonly count: number; readonly height: number }

/** What the window tells the worker. `more`: one result was taken, another may come. */
export type Request = { readonly id: number; readonly task: Task } | { readonly id: number; readonly more: true } | { readonly id: number; readonly cancel: true }

/** One result of a task. */
export type Result =
  | { readonly type: 'reading'; readonly reading: VideoReading }
  | { readonly type: 'sent'; readonly index: number }
  | { readonly type: 'thumbnail'; readonly thumbnail: Thumbnail }

/** What the worker tells the window: results, then that the task is done or why it is not. */
export type Reply = { readonly id: number; readonly result: Result } | { readonly id: number; readonly done: true } | { readonly id: number; readonly error: ErrorInfo }

/** How many results may wait for the window: what bounds the frames in memory. */
export const AHEAD = 2
