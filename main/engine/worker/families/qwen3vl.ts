import { plainOrder } from '../vision/patches.ts'
import { marksAsJson } from './family.ts'
import type { FamilyCode } from './family.ts'

/** Qwen3-VL, after `modeling_qwen3_vl.py` of transformers. */
export const qwen3vl: FamilyCode = {
  order: plainOrder,

  space: 'thousandths',

  /** JSON. */
  marks: (marks, units, plain) => plain(marksAsJson(marks, units)),
}
