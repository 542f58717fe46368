import { box, type Mark } from './marks.ts'

const TAG = /<([a-z][a-z0-9]{0,15})\b([^<>]{0,800})>/gi
const BBOX =
  /\bdata-bbox\s*=\s*["']\s*(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)\s*["']/i
const CLASS = /\bclass\s*=\s*["']([^"']{1,80})["']/i
const WORDS = 60

/** Elements with `data-bbox="x1 y1 x2 y2"` of the HTML in which Qwen2.5-VL writes documents; a label is the element's text. */
export function htmlMarks(text: string): Mark[] {
  return [...text.matchAll(TAG)].flatMap((match) => {
    const attributes = match[2]!
    const corners = BBOX.exec(attributes)
    if (!corners) return []
    const end = match.index + match[0].length
    const [x1, y1, x2, y2] = corners.slice(1).map(Number)
    const inside = /^[^<]{0,200}/
      .exec(text.slice(end, end + 200))![0]
      .replace(/\s+/g, ' ')
      .trim()
    const label = inside || CLASS.exec(attributes)?.[1] || match[1]!.toLowerCase()
    return [
      {
        shape: box(x1!, y1!, x2!, y2!),
        label: label.length > WORDS ? `${label.slice(0, WORDS - 1)}…` : label,
        time: null,
        start: match.index,
        end,
      },
    ]
  })
}
