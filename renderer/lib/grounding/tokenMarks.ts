import { box, type Mark, type Shape } from './marks.ts'

const NUMBER = String.raw`\s*-?\d{1,6}(?:\.\d{1,6})?\s*`
const PAIR = String.raw`\(${NUMBER},${NUMBER}\)`
const OBJECT = /<\|object_ref_start\|>([^<]{0,400})<\|object_ref_end\|>/g
const BOX = new RegExp(String.raw`<\|box_start\|>\s*(${PAIR}(?:\s*,\s*${PAIR})?)\s*<\|box_end\|>`, 'g')

/** An object's name in Qwen2-VL's own tokens, where it stands. */
export interface ObjectName {
  readonly name: string
  readonly start: number
  readonly end: number
}

/** Objects named with Qwen2-VL's tokens. */
export function objectNames(text: string): ObjectName[] {
  return [...text.matchAll(OBJECT)].map((match) => ({
    name: match[1]!.trim(),
    start: match.index,
    end: match.index + match[0].length,
  }))
}

/**
 * Boxes `<|box_start|>(x1,y1),(x2,y2)<|box_end|>` and points `<|box_start|>(x,y)<|box_end|>` of Qwen2-VL; each belongs to
 * the nearest object named before it (Qwen2-VL model card, "grounding").
 */
export function tokenMarks(text: string): Mark[] {
  const names = objectNames(text)
  return [...text.matchAll(BOX)].map((match) => ({
    shape: shapeOf(match[1]!),
    label: names.findLast(({ end }) => end <= match.index)?.name ?? '',
    time: null,
    start: match.index,
    end: match.index + match[0].length,
  }))
}

function shapeOf(pairs: string): Shape {
  const [x1, y1, x2, y2] = (pairs.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number)
  return x2 === undefined || y2 === undefined ? { type: 'point', x: x1!, y: y1! } : box(x1!, y1!, x2, y2)
}
