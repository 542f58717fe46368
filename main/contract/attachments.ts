import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Attachment, VideoFacts } from './media.ts'

/** How far a file is stored, in bytes; the last event is what was stored. */
export const StoreEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), done: z.int().nonnegative(), total: z.int().nonnegative() }),
  z.object({ type: z.literal('stored'), attachment: Attachment }),
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

/** How files come into the app where the window may name them by their path; how they come as bytes: `HostDescription.attachments`. */
export const attachments = {
  /**
   * Stores a file from where it lies; no byte of it passes through the window. Aborting the call stops it and leaves nothing.
   * Only with `filePaths` (NotYetSupported). MediaNotFound for what is no file, is gone or may not be read; FileChanged when it is
   * not as the window saw it or changes meanwhile; UnsupportedMedia, DamagedMedia, MediaTooLarge, StorageFailed, Interrupted.
   */
  storeFile: oc.input(FileToStore).output(eventIterator(StoreEvent)),
}
