import { oc } from '@orpc/contract'
import { z } from 'zod'
import { Id } from './conversations.ts'
import { Encoded } from './media.ts'
import { ModelFamily } from './modelSheets.ts'

const Sides = z.object({ width: z.int().positive(), height: z.int().positive() })
const Range = z.tuple([z.int(), z.int()])

/** An answer whose model got a picture or video, and what it was called; `isThere`: a model of that name is in the library. */
export const SeenBy = z.object({
  answerId: Id,
  model: z.string().nullable(),
  isThere: z.boolean(),
  createdAt: z.int(),
})
export type SeenBy = z.infer<typeof SeenBy>

/**
 * A picture or a pair of frames as the tower of a model got it. `frames`: its places in `ModelInput.frames`; the last frame of
 * an odd number stands twice. `positions`: those of its tokens in the prompt, the first and the last of each kind; row and
 * column of the grid count on from the first `h` and `w`. Both null where the answer does not tell.
 */
export const InputSlice = z.object({
  frames: z.array(z.int().nonnegative()).min(1).max(2),
  positions: z.object({ t: Range, h: Range, w: Range }).nullable(),
  encoded: Encoded.nullable(),
})
export type InputSlice = z.infer<typeof InputSlice>

/** What a model got of a picture or video of a question. Sizes in pixels; addresses are below `HostDescription.attachments`. */
export const ModelInput = z.object({
  kind: z.enum(['picture', 'video']),
  name: z.string(),
  /** The page of a PDF that the picture was drawn from, counted from 1; null: it is no page. */
  page: z.int().positive().nullable(),
  /** The answer whose model got it so, and all that are known, this one included. */
  seenBy: SeenBy,
  answers: z.array(SeenBy),
  family: z.object({ id: ModelFamily, label: z.string() }),
  original: Sides,
  input: Sides,
  /** Sides of a patch and of the square that one token stands for. */
  patch: z.int(),
  token: z.int(),
  /** In tokens: temporal slices, rows and columns. */
  grid: z.object({ times: z.int(), rows: z.int(), columns: z.int() }),
  tokens: z.int(),
  /** Windows of the tower's attention: side in tokens, and how many there are down and across; null: it has none. */
  windows: z.object({ side: z.int(), rows: z.int(), columns: z.int() }).nullable(),
  slices: z.array(InputSlice),
  /** `input`: the pixels that the model got, as PNG; `original`: the picture as it came, null for a frame of a file; `ms`: when it is shown. */
  frames: z.array(z.object({ input: z.string(), original: z.string().nullable(), ms: z.number().nullable() })),
  /**
   * Of a video: its file, null for frames that came as pictures; where its first frame is on the clock on which `ms` count, and
   * how long all of it is. null: it is a picture.
   */
  video: z.object({ file: z.string().nullable(), startMs: z.number(), durationMs: z.number() }).nullable(),
})
export type ModelInput = z.infer<typeof ModelInput>

/** What models got to see. Nothing is loaded for it: figures are those of the answer. */
export const inputs = {
  /**
   * What a model got of part number `part` of a question. `answerId`: the answer that is meant; unset: the shown one of that
   * question, else the next that got it. NotFound where no answer got it, or the answer does not tell which of its pictures
   * it is.
   */
  inspect: oc
    .input(z.object({ messageId: Id, part: z.int().nonnegative(), answerId: Id.optional() }))
    .output(ModelInput),
}
