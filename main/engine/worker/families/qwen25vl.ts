import { visionOf } from '../../../lib/families/families.ts'
import { windowTokens } from '../../../lib/families/family.ts'
import { windowOrder } from '../vision/patches.ts'
import { marksAsJson } from './family.ts'
import type { FamilyCode } from './family.ts'

const WINDOW_TOKENS = windowTokens(visionOf('qwen25vl'))!

/** Qwen2.5-VL, after `modeling_qwen2_5_vl.py` of transformers. */
export const qwen25vl: FamilyCode = {
  order: (rows, columns) => windowOrder(rows, columns, WINDOW_TOKENS),

  space: 'pixels',

  /** JSON. */
  marks: (marks, units, plain) => plain(marksAsJson(marks, units)),
}
