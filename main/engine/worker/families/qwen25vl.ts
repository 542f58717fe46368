import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import { windowOrder } from '../vision/patches.ts'
import { marksAsJson } from './family.ts'
import type { FamilyCode } from './family.ts'

const vision = visionOf('qwen25vl')
const WINDOW_TOKENS = vision.windowPixels! / tokenPixels(vision)

/** Qwen2.5-VL, after `modeling_qwen2_5_vl.py` of transformers. */
export const qwen25vl: FamilyCode = {
  order: (rows, columns) => windowOrder(rows, columns, WINDOW_TOKENS),

  space: 'pixels',

  /** JSON. */
  marks: (marks, units, plain) => plain(marksAsJson(marks, units)),
}
