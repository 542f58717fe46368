import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { ErrorInfo } from './errors.ts'
import { StoredFile } from './media.ts'

/** What the shell around the core can do; the window shows what is there and never asks which shell it is. */
export const HostDescription = z.object({
  name: z.string(),
  version: z.string(),
  platform: z.enum(['win32', 'darwin', 'linux', 'other']),
  capabilities: z.object({
    fileDialogs: z.boolean(),
    /** Whether the window may name files of this computer by their path, to have them stored (`attachments.storeFile`). */
    filePaths: z.boolean(),
    /** Whether the shell itself captures the screen; where it does not, the browser may. */
    capture: z.boolean(),
    /** Whether the app has an icon in the system's tray while it runs. */
    tray: z.boolean(),
    /** Whether keys work while another program has the focus. */
    globalShortcuts: z.boolean(),
    secretStorage: z.boolean(),
    /** Whether a file can be shown in the system's file manager. */
    reveal: z.boolean(),
  }),
  /**
   * Where bytes travel. `POST <attachments>?name=...` with the file as body stores it and answers a `StoredFile` as
   * JSON (or an `ErrorInfo` with a 4xx or 5xx status); of a video `&facts=...` may say what it is, as JSON of `VideoFacts`,
   * which otherwise only an ffprobe on this computer can tell. `GET <attachments><sha>` is the file itself and
   * `GET <attachments><sha>?size=thumb` a picture of at most 512 x 512 pixels for lists; of a video it is there once one of
   * its frames is stored. `GET <attachments><sha>?page=N` is a small picture of a page of a file with pages;
   * `?input=WIDTHxHEIGHT` of a picture or of a stored frame is that as a model gets it in so many pixels, as PNG.
   *
   * `POST <attachments>frames/<key>/<n>?width=...&height=...&format=rgb|rgba` with the raw pixels of a decoded frame as
   * body (8 bits, rows from top to bottom, no padding, alpha ignored) stores frame `n` of a set that `videos.begin` opened,
   * resized to the set's size, and answers 204. The frame is as large as the video, or smaller where the video has more
   * than 2048 pixels on a side, but not below the set's size. `GET` of that address is the stored frame as PNG.
   *
   * `POST <attachments>imports/<a UUID of the window's own>` with a file as body keeps it for `exchange.import`, and answers 204.
   */
  attachments: z.string(),
})
export type HostDescription = z.infer<typeof HostDescription>

/** What the user asks of the window from outside of it: in the tray, the app's menu, with a shortcut or in the ask panel. */
export const HostCommand = z.discriminatedUnion('type', [
  z.object({ type: z.literal('newConversation') }),
  z.object({ type: z.literal('openConversation'), conversationId: Id }),
  /** The window begins a capture itself, or says why there can be none. */
  z.object({ type: z.literal('capture') }),
  /** Files were opened with the app: `attachments.takeOpened` tells which. */
  z.object({ type: z.literal('openFiles') }),
])
export type HostCommand = z.infer<typeof HostCommand>

export const host = {
  describe: oc.output(HostDescription),
  /** Lets the user pick one file on this computer; null when the dialog was closed. Only with `fileDialogs`. */
  pickFile: oc.input(z.object({ title: z.string(), extensions: z.array(z.string()) })).output(z.string().nullable()),
  /** Commands as they come; those from before are not told. */
  watch: oc.output(eventIterator(HostCommand)),
}

/** Most bytes that a window sends over its message port in one piece; a file of any size is stored from its path. */
export const MAX_POSTED_BYTES = 256 * 1024 * 1024

/**
 * Bytes that a window sends over its message port beside the calls of the contract, where the shell has one: `address` is
 * an address as `HostDescription.attachments` tells of them, `post` is chosen by the window and comes back in the answer.
 * They are cloned, not transferred: Electron loses a message that transfers an ArrayBuffer to another process.
 */
export const Post = z.union([
  z.object({ post: z.int(), address: z.string().max(8192), body: z.instanceof(Uint8Array<ArrayBuffer>) }),
  /** The window gave it up. */
  z.object({ abandon: z.int() }),
])
export type Post = z.infer<typeof Post>

/** The end of a post: what was stored (null for a frame or a capture), or why not. */
export const PostAnswer = z.union([
  z.object({ post: z.int(), stored: StoredFile.nullable() }),
  z.object({ post: z.int(), error: ErrorInfo }),
])
export type PostAnswer = z.infer<typeof PostAnswer>
