import { plainOrder } from '../vision/patches.ts'
import { layerNorm, marksAsJson } from './family.ts'
import type { FamilyCode } from './family.ts'

const SLOPE = Math.sqrt(2 / Math.PI)

/** Qwen3-VL, after `modeling_qwen3_vl.py` of transformers. */
export const qwen3vl: FamilyCode = {
  order: plainOrder,

  normalise: layerNorm,

  feedForward({ ggml, context, linear }, x, block) {
    const up = linear(x, `${block}.ffn_up`)
    // GELU by tanh in full precision: ggml_gelu reads a table of half precision
    const square = ggml.scaleBias(context, ggml.sqr(context, up), 0.044715 * SLOPE, SLOPE)
    const share = ggml.scaleBias(context, ggml.tanh(context, ggml.mul(context, up, square)), 0.5, 0.5)
    return linear(ggml.mul(context, up, share), `${block}.ffn_down`)
  },

  space: 'thousandths',

  /** JSON. */
  marks: (marks, units, plain) => plain(marksAsJson(marks, units)),
}
