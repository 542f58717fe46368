import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { Attachment, Sha256 } from './media.ts'

/** Which media a gallery shows: pages are pictures of pages of PDFs, which `picture` has too. */
export const GalleryKind = z.enum(['all', 'picture', 'page', 'video'])
export type GalleryKind = z.infer<typeof GalleryKind>

/**
 * A stored picture or video that conversations show. `places`: for each conversation the latest message that does, the newest
 * first. `description`: what a model saw in it; null: it was not described.
 */
export const GalleryItem = z.object({
  attachment: Attachment,
  places: z.array(z.object({ conversationId: Id, messageId: Id, title: z.string() })),
  description: z.string().nullable(),
})
export type GalleryItem = z.infer<typeof GalleryItem>

/** The most places that an item names. */
export const MAX_PLACES = 20

export const gallery = {
  /**
   * Some of the media of all conversations that are not in the trash, each once, what was shown last first; `total` of them
   * there are.
   */
  list: oc
    .input(
      z.object({
        kind: GalleryKind.default('all'),
        offset: z.int().nonnegative().default(0),
        limit: z.int().min(1).max(200).default(100),
      }),
    )
    .output(z.object({ total: z.int(), items: z.array(GalleryItem) })),
  /** How many pictures there are, and how many of them are described. */
  described: oc.output(z.object({ pictures: z.int(), described: z.int() })),
  /**
   * Has the chosen model say what is in a picture, so that search finds it, in place of an earlier description; loads the model
   * when needed. Throws NotFound, InvalidInput for a model that describes nothing, and as the engine does.
   */
  describe: oc.input(z.object({ sha: Sha256 })).output(z.object({ description: z.string() })),
  /** Forgets what was said of a picture; null: of all. */
  forget: oc.input(z.object({ sha: Sha256.nullable() })).output(z.void()),
}
