import { box, type Mark, type Shape } from './marks.ts'

const NUMBER = String.raw`-?\d{1,6}(?:\.\d{1,6})?`
const KEY = new RegExp(
  String.raw`"(bbox_2d|bbox|point_2d|point)"\s*:\s*\[\s*(${NUMBER}(?:\s*,\s*${NUMBER}){1,3})\s*\]`,
  'g',
)
const LABEL = /"(?:label|text_content|text|name|description|category)"\s*:\s*"((?:[^"\\]|\\.){0,400})"/
const TIME = /"(?:time|timestamp|start|t)"\s*:\s*"?(\d{1,6}(?::\d{2})?(?:\.\d{1,3})?)/
/** How far an object's braces are looked for. */
const REACH = 4000

/**
 * Boxes and points of Qwen2.5-VL's JSON, `{"bbox_2d": [x1, y1, x2, y2], "label": "..."}` and `"point_2d": [x, y]`. Each is
 * found by itself, so a list that is cut off or broken elsewhere keeps those that are whole.
 */
export function jsonMarks(text: string): Mark[] {
  return [...text.matchAll(KEY)].flatMap((match) => {
    const shape = shapeOf(match[1]!, match[2]!.split(',').map(Number))
    if (!shape) return []
    const { start, end } = objectAround(text, match.index, match.index + match[0].length)
    const object = text.slice(start, end)
    return [
      { shape, label: unescape(LABEL.exec(object)?.[1] ?? ''), time: seconds(TIME.exec(object)?.[1]), start, end },
    ]
  })
}

function shapeOf(key: string, values: readonly number[]): Shape | null {
  const [x1, y1, x2, y2] = values
  if (key.startsWith('bbox')) return values.length === 4 ? box(x1!, y1!, x2!, y2!) : null
  return values.length === 2 ? { type: 'point', x: x1!, y: y1! } : null
}

/** The braces around a key; where one is missing, as far as the neighbouring objects. */
function objectAround(text: string, keyStart: number, keyEnd: number): { start: number; end: number } {
  let start = keyStart
  while (start > 0 && keyStart - start < REACH && text[start] !== '{' && text[start - 1] !== '}') start--
  let end = keyEnd
  while (end < text.length && end - keyEnd < REACH && text[end] !== '}' && text[end] !== '{') end++
  return { start, end: text[end] === '}' ? end + 1 : end }
}

function unescape(text: string): string {
  try {
    return (JSON.parse(`"${text}"`) as string).trim()
  } catch {
    return text.trim()
  }
}

function seconds(text: string | undefined): number | null {
  if (text === undefined) return null
  const [first, second] = text.split(':').map(Number)
  return second === undefined ? first! : first! * 60 + second
}
