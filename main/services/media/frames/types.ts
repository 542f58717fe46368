import type { FrameKey, FrameSample, RawFrame, Sha256, Size } from '#contract'

/** Frames of one video that a model gets. */
export interface FrameSet {
  readonly sha: Sha256
  readonly sample: FrameSample
  /** Size of the video as shown, in pixels. */
  readonly video: { readonly width: number; readonly height: number }
}

/** What a set is of, for messages. */
export interface FrameOwner {
  readonly sha: Sha256
  readonly name: string
}

/** What the store of frames needs of the media service: work on raw pixels in another process. */
export interface FrameMedia {
  /**
   * Resizes a frame exactly as the reference does to `size` and writes it to `target` as PNG. Throws InvalidInput for a file
   * that is no such frame.
   */
  frame(path: string, raw: RawFrame, size: { width: number; height: number }, target: string): Promise<void>
  /** Writes a picture of at most 512 x 512 pixels of a frame to `target` and returns its MIME type. Throws as `frame`. */
  poster(path: string, raw: RawFrame, target: string): Promise<string>
}

/** A stored frame that is there to be sent. */
export interface OpenFrame {
  readonly mime: string
  readonly bytes: number
  readonly path: string
}

/** The frames of videos as the models get them: a cache on disk, by video, range, frames per second and size. */
export interface FrameSets {
  /** Opens a set, new or begun before, and says which frames are missing, as positions in the sample. Throws StorageFailed. */
  begin(set: FrameSet): { key: FrameKey; missing: number[] }
  /** The name that a set has. */
  keyOf(sha: Sha256, sample: FrameSample): FrameKey
  /** null: never begun, or gone. */
  get(key: FrameKey): FrameSet | null
  /** Positions of the frames that are not stored. All of them when the set was never begun. */
  missing(key: FrameKey, count: number): number[]
  /** Where the frames lie, in order; the set counts as used. Throws FramesMissing when not all are there. */
  paths(key: FrameKey, owner: FrameOwner): string[]
  /**
   * Stores frame `n`, resized to the set's size unless it came so. Throws NotFound for a set that was not begun or has no such
   * frame, InvalidInput for a wrong size or number of bytes, MediaTooLarge, Interrupted, StorageFailed.
   */
  store(key: FrameKey, n: number, raw: RawFrame, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
  /**
   * Keeps a picture of at most 512 x 512 pixels that stands in lists for the video of a set, unless there is one. A frame that
   * comes in full size needs none. Throws as `store`.
   */
  storePoster(key: FrameKey, raw: RawFrame, body: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void>
  /** A stored frame, or it as a model gets it in fewer pixels. Throws NotFound. */
  open(key: FrameKey, n: number, input?: Size): Promise<OpenFrame>
  /** Removes the sets of videos that are not `known`, then the longest unused ones beyond the limit on disk. Returns their names. */
  collect(known: (sha: Sha256) => boolean): Promise<FrameKey[]>
}
