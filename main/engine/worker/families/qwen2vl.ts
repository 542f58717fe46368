import { plainOrder } from '../vision/patches.ts'
import { cornersOf } from './family.ts'
import type { FamilyCode } from './family.ts'

/** Qwen2-VL, after `modeling_qwen2_vl.py` of transformers. */
export const qwen2vl: FamilyCode = {
  order: plainOrder,

  space: 'thousandths',

  /** In tokens (the report on Qwen2-VL, "grounding"). */
  marks: (marks, units, plain) =>
    `${marks
      .map((mark) => {
        const name = mark.label === '' ? '' : `<|object_ref_start|>${plain(mark.label)}<|object_ref_end|>`
        const pairs = cornersOf(mark, units).map(([x, y]) => `(${x},${y})`)
        return `${name}<|box_start|>${pairs.join(',')}<|box_end|>`
      })
      .join('')}\n`,
}
