import { z } from 'zod'
import { ErrorInfo } from './errors.ts'
import { Attachment } from './media.ts'

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
  z.object({ post: z.int(), stored: Attachment.nullable() }),
  z.object({ post: z.int(), error: ErrorInfo }),
])
export type PostAnswer = z.infer<typeof PostAnswer>
