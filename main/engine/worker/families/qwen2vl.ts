import { plainOrder } from '../vision/patches.ts'
import { cornersOf, layerNorm } from './family.ts'
import type { FamilyCode } from './family.ts'

/** Qwen2-VL, after `modeling_qwen2_vl.py` of transformers. */
export const qwen2vl: FamilyCode = {
  order: plainOrder,

  normalise: layerNorm,

  feedForward({ ggml, context, linear }, x, block) {
    const up = linear(x, `${block}.ffn_up`)
    // x * sigmoid(1.702 x) in full precision: ggml_gelu_quick reads a table of half precision
    const inner = ggml.scale(context, ggml.silu(context, ggml.scale(context, up, 1.702)), 1 / 1.702)
    return linear(inner, `${block}.ffn_down`)
  },

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
