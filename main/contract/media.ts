import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { ModelFamily } from './modelSheets.ts'
import { SeenProfile } from './profiles.ts'

/** Side of the square of pixels that is one token of a picture, in pixels: 2 x 2 patches of 14. The smallest of all families. */
export const TOKEN_SIDE = 28

/** The same of each family: Qwen3-VL and what came after it have patches of 16. */
const tokenSides: Readonly<Record<ModelFamily, number>> = {
  qwen2vl: TOKEN_SIDE,
  qwen25vl: TOKEN_SIDE,
  qwen3vl: 32,
  qwen35: 32,
}
/** Those of all families that run. */
export const TOKEN_SIDES: readonly number[] = [...new Set(Object.values(tokenSides))]

/** Pixels of a picture that are one token, where a token is smallest. */
export const PIXELS_PER_TOKEN = TOKEN_SIDE ** 2

/** The most tokens that one picture may take. */
export const MAX_PICTURE_TOKENS = 16_384

/** What one token of a picture is in pixels: the side of its square, and how many there are in it. */
export interface PictureUnits {
  readonly side: number
  readonly pixels: number
}

/** The units in which a family counts pictures; null: a family that nothing tells, counted as Qwen2-VL. */
export function pictureUnits(family: ModelFamily | null): PictureUnits {
  const side = family === null ? TOKEN_SIDE : tokenSides[family]
  return { side, pixels: side ** 2 }
}

/** Lower-case hex SHA-256 of a file's bytes; the name of an attachment everywhere. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
export type Sha256 = z.infer<typeof Sha256>

/** Picture budget: the resized picture has between `minPixels` and `maxPixels` pixels. */
export const PictureBudget = z
  .object({
    minPixels: z.int().min(PIXELS_PER_TOKEN),
    maxPixels: z
      .int()
      .min(PIXELS_PER_TOKEN)
      .max(MAX_PICTURE_TOKENS * Math.max(...TOKEN_SIDES) ** 2),
  })
  .refine((b) => b.minPixels <= b.maxPixels, 'minPixels must not exceed maxPixels')
export type PictureBudget = z.infer<typeof PictureBudget>

/** Width and height in pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Pixels of a decoded frame of a video as they travel: 8 bits, interleaved, rows from top to bottom, no padding. */
export interface RawFrame extends Size {
  readonly format: 'rgb' | 'rgba'
}

/** The longest side of a frame of a video as it travels, in pixels; a larger one is made smaller where it is decoded. */
export const MAX_FRAME_SIDE = 2048

const share = z.number().min(0).max(1)
const label = z.string().trim().max(80)

/**
 * A box or a point that a user drew on a picture to ask about it, in shares of its width and height. `label`: how the
 * question calls it; empty: nothing.
 */
export const PictureMark = z.discriminatedUnion('type', [
  z.object({ type: z.literal('box'), x1: share, y1: share, x2: share, y2: share, label }),
  z.object({ type: z.literal('point'), x: share, y: share, label }),
])
export type PictureMark = z.infer<typeof PictureMark>

/**
 * Where a captured picture was on its screen: its first pixel, in pixels of that screen from its left top corner.
 */
export const ScreenPlace = z.object({ x: z.int(), y: z.int() })
export type ScreenPlace = z.infer<typeof ScreenPlace>

/** The most marks on one picture. */
export const MAX_MARKS = 32

/**
 * Where the vectors of a picture or of a pair of frames came from: they were computed for this answer, were still in memory,
 * or lay on the disk. `ms`: how long computing them took, for this answer or before it; null: this run of the engine did not.
 */
export const Encoded = z.object({ from: z.enum(['computed', 'memory', 'disk']), ms: z.number().nullable() })
export type Encoded = z.infer<typeof Encoded>

/**
 * A picture or video as a model got it, in pixels after its own resize. `starts`: the position in the prompt at which it
 * begins, or each pair of frames of a video whose pairs stand apart; `timeStep`: positions between two pairs of one that
 * stands as a whole, unrounded; `encoded`: the picture, or each pair of frames, once all of the prompt was encoded. Unset in
 * answers that did not come so far, or that an earlier version wrote.
 */
export const SeenMedium = z.object({
  width: z.int(),
  height: z.int(),
  frames: z.int(),
  tokens: z.int(),
  starts: z.array(z.int()).optional(),
  timeStep: z.number().optional(),
  encoded: z.array(Encoded).optional(),
})
export type SeenMedium = z.infer<typeof SeenMedium>

/**
 * What a model got to see in a conversation: its family, and each picture or video in order. Coordinates in its answer count
 * in the pixels of these.
 */
export const Seen = z.object({
  family: ModelFamily,
  media: z.array(SeenMedium),
  /** The profile that it was asked with, which says what coordinates count and what the answer is. Unset: none. */
  profile: SeenProfile.optional(),
})
export type Seen = z.infer<typeof Seen>

/** The longest label of a page that is kept, in characters. */
export const MAX_PAGE_LABEL = 32

/**
 * A page of a stored file with pages (`PagedFile`), counted from 1. `label`: what its file calls it, where that is not its number.
 * `text`: it has a text layer, which `pages.text` tells.
 */
export const PdfPage = z.object({
  pdf: Sha256,
  number: z.int().positive(),
  label: z.string().min(1).max(MAX_PAGE_LABEL).optional(),
  text: z.literal(true).optional(),
})
export type PdfPage = z.infer<typeof PdfPage>

/** A stored picture. `width` and `height` are those of the picture as shown (after EXIF orientation), in pixels. */
export const ImageAttachment = z.object({
  sha: Sha256,
  kind: z.literal('image'),
  mime: z.string(),
  name: z.string(),
  bytes: z.int().nonnegative(),
  width: z.int().positive(),
  height: z.int().positive(),
  /** Pictures in the file where there are several (pages, frames); the first is the one that is seen. */
  pages: z.int().min(2).optional(),
  /** What a user must know of what is seen, one sentence each: that a part is missing, that there are more pictures. */
  notes: z.array(z.string()).optional(),
  /** The page that it was drawn from; unset: it is no page. It can be drawn anew, larger or smaller. */
  page: PdfPage.optional(),
})
export type ImageAttachment = z.infer<typeof ImageAttachment>

/**
 * What a video is, as its reader tells it after `timeLine`. The frames are numbered from 0 in the order in which they are
 * shown; frame n is taken to begin at `startMs + 1000 * n / fps`.
 */
export const VideoFacts = z.object({
  /** As shown, after rotation, in pixels. */
  width: z.int().positive().max(16_384),
  height: z.int().positive().max(16_384),
  /** From the first frame to the end of the last. */
  durationMs: z
    .number()
    .positive()
    .max(7 * 24 * 3_600_000),
  /** Frames in the picture track. */
  frames: z.int().positive().max(100_000_000),
  /** Frames per second: the rate where it is constant, otherwise all frames by the time that they take. */
  fps: z.number().positive().max(1000),
  /** As its reader names it, e.g. "avc" or "hevc"; null: not told. */
  codec: z.string().min(1).max(64).nullable(),
  /** When the first frame is shown, on the file's own clock. */
  startMs: z
    .number()
    .min(-3_600_000)
    .max(7 * 24 * 3_600_000)
    .default(0),
  /** What a user has to know about how it is shown, each a sentence: that it was cut off, that HDR became SDR. Unset: nothing. */
  notes: z.array(z.string().min(1).max(300)).max(8).optional(),
})
export type VideoFacts = z.infer<typeof VideoFacts>

/** A stored video: the file as it came, and what is known of its picture track. */
export const VideoAttachment = z.object({
  sha: Sha256,
  kind: z.literal('video'),
  mime: z.string(),
  name: z.string(),
  bytes: z.int().nonnegative(),
  ...VideoFacts.shape,
})
export type VideoAttachment = z.infer<typeof VideoAttachment>

/** Kinds of pictures that are read and that no Chromium shows, or should show as they are: an SVG drawing is a program too. */
const notForBrowsers: ReadonlySet<string> = new Set([
  'image/heic',
  'image/tiff',
  'image/jxl',
  'image/jp2',
  'image/vnd.adobe.photoshop',
  'image/svg+xml',
  'image/x-raw',
])

/** Whether a stored file is served as it is; otherwise the core makes a picture of it that browsers show. */
export const isShownByBrowsers = ({ mime }: { readonly mime: string }): boolean => !notForBrowsers.has(mime)

/** A part of a video's time, in ms from its first frame; the frames that begin within it. */
export const VideoRange = z
  .object({ startMs: z.number().min(0), endMs: z.number().positive() })
  .refine((range) => range.startMs < range.endMs, 'startMs must be before endMs')
export type VideoRange = z.infer<typeof VideoRange>

/** The most frames that one video gives a model. */
export const MAX_FRAMES = 768

/** Which frames of a video a model gets, and how large. */
export const FrameSample = z
  .object({
    /** null: the whole video. */
    range: VideoRange.nullable(),
    /** Frames per second that were wanted. */
    wishedFps: z.number().positive(),
    /** Frames per second of the video's own time that it came to: how far frames are apart for the model. */
    fps: z.number().positive(),
    /** Numbers of the frames in the video, rising. */
    indices: z.array(z.int().nonnegative()).min(2).max(MAX_FRAMES),
    /** When each is shown, on the file's own clock, in ms. */
    timesMs: z.array(z.number()).min(2).max(MAX_FRAMES),
    /** Size of each frame for the model, in pixels: multiples of a token's side of its family. */
    width: z.int().positive(),
    height: z.int().positive(),
  })
  .refine(
    ({ width, height }) => TOKEN_SIDES.some((side) => width % side === 0 && height % side === 0),
    'width and height must be whole tokens',
  )
  .refine((sample) => sample.indices.length === sample.timesMs.length, 'indices and timesMs must be of one length')
export type FrameSample = z.infer<typeof FrameSample>

/**
 * Name of a set of frames: a lower-case hex SHA-256 over the video, the range, the frames per second, the frames and their
 * size.
 */
export const FrameKey = z.string().regex(/^[0-9a-f]{64}$/)
export type FrameKey = z.infer<typeof FrameKey>

/** A stored file. */
export const Attachment = z.discriminatedUnion('kind', [ImageAttachment, VideoAttachment])
export type Attachment = z.infer<typeof Attachment>

/**
 * A stored file of which pages can be asked about: a PDF, a TIFF with several, an SVG drawing, which is one page, or a document
 * that was made a PDF. How many it has is told by `pages.open`.
 */
export const PagedFile = z.object({
  sha: Sha256,
  kind: z.literal('paged'),
  mime: z.string(),
  name: z.string(),
  bytes: z.int().nonnegative(),
})
export type PagedFile = z.infer<typeof PagedFile>

/** What a file was stored as. */
export const StoredFile = z.discriminatedUnion('kind', [ImageAttachment, VideoAttachment, PagedFile])
export type StoredFile = z.infer<typeof StoredFile>

/** How far a file is stored, in bytes; the last event is what was stored. */
export const StoreEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: z.int().nonnegative(), total: z.int().nonnegative() }),
  z.object({ type: z.literal('stored'), attachment: StoredFile }),
])
export type StoreEvent = z.infer<typeof StoreEvent>

/** A file of this computer that is to be stored. */
export const FileToStore = z.object({
  /** Absolute. */
  path: z.string().min(1).max(32_768),
  /** Its size when the window looked at it. */
  bytes: z.int().nonnegative(),
  /** What it is, if it is a video that the window could read; otherwise only an ffprobe on this computer can tell. */
  facts: VideoFacts.optional(),
})
export type FileToStore = z.infer<typeof FileToStore>

/**
 * A file that its user opened with the app: where it lies, and by which `id` its bytes are read below the address of attachments as those of
 * a stored file are.
 */
export const OpenedFile = z.object({
  id: Sha256,
  path: z.string(),
  bytes: z.int().nonnegative(),
  name: z.string(),
})
export type OpenedFile = z.infer<typeof OpenedFile>

/** How files come into the app where the window may name them by their path; how they come as bytes: `HostDescription.attachments`. */
export const attachments = {
  /**
   * Stores a file from where it lies; no byte of it passes through the window. Aborting the call stops it and leaves nothing.
   * Only with `filePaths` (NotYetSupported). MediaNotFound for what is no file, is gone or may not be read; FileChanged when it is
   * not as the window saw it or changes meanwhile; UnsupportedMedia, DamagedMedia, MediaTooLarge, StorageFailed, Interrupted.
   */
  storeFile: oc.input(FileToStore).output(eventIterator(StoreEvent)),
  /** The files that were opened with the app since this was asked last, by whichever window. */
  takeOpened: oc.output(z.array(OpenedFile)),
}
