import { z } from 'zod'

/** Lower-case hex SHA-256 of a file's bytes; the name of an attachment everywhere. */
export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
export type Sha256 = z.infer<typeof Sha256>

/** Picture budget: the resized picture has between `minPixels` and `maxPixels` pixels (one token is 28 x 28 pixels). */
export const PictureBudget = z
  .object({ minPixels: z.int().min(784), maxPixels: z.int().min(784).max(16384 * 784) })
  .refine((b) => b.minPixels <= b.maxPixels, 'minPixels must not exceed maxPixels')
export type PictureBudget = z.infer<typeof PictureBudget>

/**
 * What a model got to see in a conversation: its family, and each picture or video in order, in pixels after its own
 * resize. Coordinates in its answer count in these.
 */
export const Seen = z.object({
  family: z.enum(['qwen2vl', 'qwen25vl']),
  media: z.array(z.object({ width: z.int(), height: z.int(), frames: z.int(), tokens: z.int() })),
})
export type Seen = z.infer<typeof Seen>

/** A stored file. `width` and `height` are those of the picture as shown (after EXIF orientation), in pixels. */
export const Attachment = z.object({
  sha: Sha256,
  kind: z.enum(['image']),
  mime: z.string(),
  name: z.string(),
  bytes: z.int().nonnegative(),
  width: z.int().positive(),
  height: z.int().positive(),
})
export type Attachment = z.infer<typeof Attachment>
