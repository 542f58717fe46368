import type { PictureMark } from '#contract'
import type { ModelFamily } from '../../types.ts'

/**
 * What was drawn on a picture, as a model of the family was taught to read it, one after the other and a line end; nothing
 * without marks. Qwen2-VL: tokens, in thousandths of the picture (its report, "grounding"). Qwen2.5-VL: JSON, in pixels of
 * the picture as the model gets it, which is `size`. `plain`: how a label is written among tokens.
 */
export function marksText(
  marks: readonly PictureMark[],
  size: { readonly width: number; readonly height: number },
  family: ModelFamily,
  plain: (text: string) => string = (text) => text,
): string {
  if (marks.length === 0) return ''
  if (family === 'qwen25vl') return plain(`[${marks.map((mark) => inPixels(mark, size)).join(', ')}]\n`)
  return `${marks.map((mark) => inTokens(mark, plain)).join('')}\n`
}

function inTokens({ label, ...mark }: PictureMark, plain: (text: string) => string): string {
  const name = label === '' ? '' : `<|object_ref_start|>${plain(label)}<|object_ref_end|>`
  const pairs = cornersOf(mark, { width: 1000, height: 1000 }).map(([x, y]) => `(${x},${y})`)
  return `${name}<|box_start|>${pairs.join(',')}<|box_end|>`
}

function inPixels({ label, ...mark }: PictureMark, size: { readonly width: number; readonly height: number }): string {
  const key = mark.type === 'box' ? 'bbox_2d' : 'point_2d'
  return `{"${key}": [${cornersOf(mark, size).flat().join(', ')}]${label === '' ? '' : `, "label": ${JSON.stringify(label)}`}}`
}

type Unnamed<T> = T extends unknown ? Omit<T, 'label'> : never

/** The corners of a box, left top first, or the point, in whole units of `width` and `height`; the last one is inside. */
function cornersOf(
  mark: Unnamed<PictureMark>,
  { width, height }: { readonly width: number; readonly height: number },
): [number, number][] {
  const at = (x: number, y: number): [number, number] => [
    Math.min(width - 1, Math.round(x * width)),
    Math.min(height - 1, Math.round(y * height)),
  ]
  if (mark.type === 'point') return [at(mark.x, mark.y)]
  return [
    at(Math.min(mark.x1, mark.x2), Math.min(mark.y1, mark.y2)),
    at(Math.max(mark.x1, mark.x2), Math.max(mark.y1, mark.y2)),
  ]
}
