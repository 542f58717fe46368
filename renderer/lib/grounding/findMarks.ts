import type { ModelFamily, Size } from '#contract'

/** A rectangle by two corners, or a point, in one of the spaces below. */
export type Shape =
  | { readonly type: 'box'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  | { readonly type: 'point'; readonly x: number; readonly y: number }

/**
 * What an answer's numbers count. `thousandths` of the picture's width and height: Qwen2-VL. `pixels` of the picture as
 * the model got it, after its resize: Qwen2.5-VL.
 */
export type Space = 'thousandths' | 'pixels'

/** A box or a point that an answer names. */
export interface Mark {
  readonly shape: Shape
  readonly label: string
  /** The second of the video that it belongs to; null for a mark on a picture, or on the whole video. */
  readonly time: number | null
  /** Its range in the answer's text, in UTF-16 units; `end` is behind its last character. */
  readonly start: number
  readonly end: number
}

/** Two corners in any order as a rectangle. */
export function box(x1: number, y1: number, x2: number, y2: number): Shape {
  return { type: 'box', x1: Math.min(x1, x2), y1: Math.min(y1, y2), x2: Math.max(x1, x2), y2: Math.max(y1, y2) }
}

/**
 * The marks of an answer in the order of its text, and what their numbers count. Works on any text, also a part of one.
 */
export function findMarks(text: string, family: ModelFamily): { marks: Mark[]; space: Space } {
  const marks = [...tokenMarks(text), ...jsonMarks(text), ...htmlMarks(text)].sort((a, b) => a.start - b.start)
  return { marks, space: family === 'qwen25vl' ? 'pixels' : 'thousandths' }
}

const COORDINATE = String.raw`\s*-?\d{1,6}(?:\.\d{1,6})?\s*`
const PAIR = String.raw`\(${COORDINATE},${COORDINATE}\)`
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
 * Boxes `<|box_start|>(x1,y1),(x2,y2)<|box_end|>` and points `<|box_start|>(x,y)<|box_end|>` of Qwen2-VL; each belongs
 * to the nearest object named before it (Qwen2-VL model card, "grounding").
 */
export function tokenMarks(text: string): Mark[] {
  const names = objectNames(text)
  return [...text.matchAll(BOX)].map((match) => ({
    shape: shapeOfPairs(match[1]!),
    label: names.findLast(({ end }) => end <= match.index)?.name ?? '',
    time: null,
    start: match.index,
    end: match.index + match[0].length,
  }))
}

function shapeOfPairs(pairs: string): Shape {
  const [x1, y1, x2, y2] = (pairs.match(/-?\d+(?:\.\d+)?/g) ?? []).map(Number)
  return x2 === undefined || y2 === undefined ? { type: 'point', x: x1!, y: y1! } : box(x1!, y1!, x2, y2)
}

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
 * Boxes and points of Qwen2.5-VL's JSON, `{"bbox_2d": [x1, y1, x2, y2], "label": "..."}` and `"point_2d": [x, y]`. Each
 * is found by itself, so a list that is cut off or broken elsewhere keeps those that are whole.
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

const TAG = /<([a-z][a-z0-9]{0,15})\b([^<>]{0,800})>/gi
const BBOX =
  /\bdata-bbox\s*=\s*["']\s*(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)[\s,]+(-?\d{1,6}(?:\.\d+)?)\s*["']/i
const CLASS = /\bclass\s*=\s*["']([^"']{1,80})["']/i
const WORDS = 60

/**
 * Elements with `data-bbox="x1 y1 x2 y2"` of the HTML in which Qwen2.5-VL writes documents; a label is the element's
 * text.
 */
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

/** The two sizes between which coordinates are mapped: the picture as the user has it, and as the model got it. */
export interface Views {
  readonly original: Size
  readonly model: Size
}

/** Units per picture width and height of a space. */
function unitsOf(space: Space, { model }: Views): Size {
  return space === 'thousandths' ? { width: 1000, height: 1000 } : model
}

/** A shape of the answer in pixels of the original picture, clamped to it. The model's resize is a plain stretch. */
export function toOriginal(shape: Shape, space: Space, views: Views): Shape {
  return clamped(scaled(shape, unitsOf(space, views), views.original), views.original)
}

/** A shape in pixels of the original picture as the model counts, rounded to whole units and clamped. */
export function toModel(shape: Shape, space: Space, views: Views): Shape {
  const units = unitsOf(space, views)
  return rounded(clamped(scaled(shape, views.original, units), units))
}

/** A shape in pixels as shares of the picture, 0..1. */
export function toShares(shape: Shape, size: Size): Shape {
  return scaled(shape, size, { width: 1, height: 1 })
}

function scaled(shape: Shape, from: Size, to: Size): Shape {
  const x = (value: number) => (value / from.width) * to.width
  const y = (value: number) => (value / from.height) * to.height
  return each(shape, x, y)
}

function clamped(shape: Shape, { width, height }: Size): Shape {
  return each(
    shape,
    (x) => Math.min(width, Math.max(0, x)),
    (y) => Math.min(height, Math.max(0, y)),
  )
}

function rounded(shape: Shape): Shape {
  return each(shape, Math.round, Math.round)
}

function each(shape: Shape, x: (value: number) => number, y: (value: number) => number): Shape {
  return shape.type === 'point'
    ? { type: 'point', x: x(shape.x), y: y(shape.y) }
    : box(x(shape.x1), y(shape.y1), x(shape.x2), y(shape.y2))
}
