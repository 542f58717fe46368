import type { ModelFamily, PictureMark } from '#contract'
import type { FamilyCode, PictureSize } from './family.ts'
import { qwen2vl } from './qwen2vl.ts'
import { qwen3vl } from './qwen3vl.ts'
import { qwen35 } from './qwen35.ts'
import { qwen25vl } from './qwen25vl.ts'

const families: Readonly<Record<ModelFamily, FamilyCode>> = { qwen2vl, qwen25vl, qwen3vl, qwen35 }

/** What the worker does differently for a family. */
export const codeOf = (family: ModelFamily): FamilyCode => families[family]

/** What was drawn on a picture, as a model of the family was taught to read it; nothing without marks. */
export function marksText(
  marks: readonly PictureMark[],
  size: PictureSize,
  family: ModelFamily,
  plain: (text: string) => string = (text) => text,
): string {
  return marks.length === 0 ? '' : codeOf(family).marks(marks, size, plain)
}
