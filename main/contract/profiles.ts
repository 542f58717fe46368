import { z } from 'zod'

/**
 * What the numbers of an answer count. `thousandths` of width and height, 0 to 1000. `pixels` of the picture as the model
 * got it, after its resize. `shares` of width and height, 0 to 1. `bins`: 1000 steps over width and height, 0 to 999, as
 * coordinate tokens count.
 */
export const CoordinateSpace = z.enum(['thousandths', 'pixels', 'shares', 'bins'])
export type CoordinateSpace = z.infer<typeof CoordinateSpace>

/**
 * How an answer is read. `marks`: words, with boxes and points among them. `action`: what a screen model does, a point in
 * most cases. The others are pages of text: `olmocr` with its front matter, `nanonets` with its tags, `mineru` with the
 * layout of its first pass and the regions of its second, `markdown` without anything of its own.
 */
export const AnswerParser = z.enum(['marks', 'action', 'olmocr', 'nanonets', 'mineru', 'markdown'])
export type AnswerParser = z.infer<typeof AnswerParser>

/** Parsers whose answers are documents. */
export const documentParsers: readonly AnswerParser[] = ['olmocr', 'nanonets', 'mineru', 'markdown']

/** What an answer is to be read with; kept with the answer, so that a profile that is changed later changes no old answer. */
export const SeenProfile = z.object({
  id: z.string(),
  name: z.string(),
  parser: AnswerParser,
  /** null: as the model's family counts. */
  space: CoordinateSpace.nullable(),
})
export type SeenProfile = z.infer<typeof SeenProfile>
