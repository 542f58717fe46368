import type { PictureMark } from '#contract'
import { visionOf } from '../../../lib/families/families.ts'
import { tokenPixels } from '../../../lib/families/family.ts'
import { windowOrder } from '../vision/patches.ts'
import { cornersOf } from './family.ts'
import type { FamilyCode, PictureSize } from './family.ts'

const vision = visionOf('qwen25vl')
const WINDOW_TOKENS = vision.windowPixels! / tokenPixels(vision)

/** Qwen2.5-VL, after `modeling_qwen2_5_vl.py` of transformers. */
export const qwen25vl: FamilyCode = {
  order: (rows, columns) => windowOrder(rows, columns, WINDOW_TOKENS),

  normalise: ({ ggml, context, eps, weight }, x, name) =>
    ggml.mul(context, ggml.rmsNorm(context, x, eps), weight(`${name}.weight`)),

  feedForward({ ggml, context, linear }, x, block) {
    const up = linear(x, `${block}.ffn_up`)
    const gate = ggml.silu(context, linear(x, `${block}.ffn_gate`))
    return linear(ggml.mul(context, gate, up), `${block}.ffn_down`)
  },

  /** JSON, in pixels of the picture as the model gets it. */
  marks: (marks, size, plain) => plain(`[${marks.map((mark) => inPixels(mark, size)).join(', ')}]\n`),
}

function inPixels(mark: PictureMark, size: PictureSize): string {
  const key = mark.type === 'box' ? 'bbox_2d' : 'point_2d'
  const label = mark.label === '' ? '' : `, "label": ${JSON.stringify(mark.label)}`
  return `{"${key}": [${cornersOf(mark, size).flat().join(', ')}]${label}}`
}
