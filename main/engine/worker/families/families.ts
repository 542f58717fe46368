import type { CoordinateSpace, ModelFamily, PictureMark } from '#contract'
import { marksAsBins, unitsOf } from './family.ts'
import type { FamilyCode, PictureSize } from './family.ts'
import { qwen2vl } from './qwen2vl.ts'
import { qwen3vl } from './qwen3vl.ts'
import { qwen35 } from './qwen35.ts'
import { qwen25vl } from './qwen25vl.ts'

const families: Readonly<Record<ModelFamily, FamilyCode>> = { qwen2vl, qwen25vl, qwen3vl, qwen35 }

/** What the worker does differently for a family. */
export const codeOf = (family: ModelFamily): FamilyCode => families[family]

/**
 * What was drawn on a picture, as a model of the family was taught to read it; nothing without marks. `size`: of the picture
 * as the model gets it; `space`: what a fine-tune counts, when not as its family.
 */
export function marksText(
  marks: readonly PictureMark[],
  size: PictureSize,
  family: ModelFamily,
  plain: (text: string) => string = (text) => text,
  space: CoordinateSpace = codeOf(family).space,
): string {
  if (marks.length === 0) return ''
  return space === 'bins' ? marksAsBins(marks, plain) : codeOf(family).marks(marks, unitsOf(space, size), plain)
}
