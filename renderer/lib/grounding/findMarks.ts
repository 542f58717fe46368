import type { CoordinateSpace, ModelFamily, ScreenPlace, SeenProfile, Size } from '#contract'

/**
 * A rectangle by two corners, a point, or an arrow from its first place to its second, in a coordinate space. `toward`: a
 * point from which a screen is scrolled, and the way of that.
 */
export type Shape =
  | { readonly type: 'box'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }
  | { readonly type: 'point'; readonly x: number; readonly y: number; readonly toward?: Direction }
  | { readonly type: 'arrow'; readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number }

export type Direction = 'up' | 'down' | 'left' | 'right'

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
 * What the numbers of an answer count: what its profile says, else what models of the family were taught. Pixels of the
 * resized picture: Qwen2.5-VL; thousandths: Qwen2-VL, Qwen3-VL and Qwen3.5.
 */
export const spaceOf = (family: ModelFamily, profile?: SeenProfile): CoordinateSpace =>
  profile?.space ?? (family === 'qwen25vl' ? 'pixels' : 'thousandths')

/**
 * The marks of an answer in the order of its text, and what their numbers count. Works on any text, also a part of one.
 */
export function findMarks(
  text: string,
  family: ModelFamily,
  profile?: SeenProfile,
): { marks: Mark[]; space: CoordinateSpace } {
  const marks = [...tokenMarks(text), ...binMarks(text), ...jsonMarks(text), ...htmlMarks(text)]
  return { marks: marks.sort((a, b) => a.start - b.start), space: spaceOf(family, profile) }
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

const BIN = String.raw`<\d{1,3}>`
const BIN_GROUP = new RegExp(String.raw`<\|box_start\|>(\s*(?:${BIN}[\s,]*){2,4000})(<\|box_end\|>)?`, 'g')
/** One place of a group, with what ends it: what follows may still be written. */
const BIN_PLACE = new RegExp(String.raw`,?\s*(${BIN}(?:\s*${BIN})+)\s*(?=,|<\|box_end\|>)`, 'g')
const BIN_FIELD = new RegExp(String.raw`"([^"]{1,60})"\s*:\s*"\s*(${BIN}(?:\s*${BIN}){1,3})\s*"`, 'g')
/** The key of the object that a box of key points belongs to. */
const INSTANCE = /"([^"]{1,60})"\s*:\s*\{\s*$/

/**
 * Places in the coordinate tokens of Rex-Omni, `<|box_start|><x1><y1><x2><y2>, <x1>...<|box_end|>` after the name of their
 * class: four are a box, two a point, more a polygon, which is told by the box around it. A class that is not there has
 * `None` for its places. Key points are JSON, `"bbox": " <x1><y1><x2><y2> ", "keypoints": {"nose": " <x><y> "}` (its
 * repository, `rex_omni/parser.py`). Of the text each mark has its own numbers, the first of a group its opening too.
 */
export function binMarks(text: string): Mark[] {
  const names = objectNames(text)
  const groups = [...text.matchAll(BIN_GROUP)].flatMap((group): Mark[] => {
    const label = names.findLast(({ end }) => end <= group.index)?.name ?? ''
    const inner = group.index + '<|box_start|>'.length
    const whole = group[0].slice('<|box_start|>'.length)
    const places = [...whole.matchAll(BIN_PLACE)]
    return places.flatMap((place, i) => {
      const shape = shapeOfBins(place[1]!)
      if (!shape) return []
      const end = inner + place.index + place[0].length
      const isLast = i === places.length - 1 && group[2] !== undefined
      return [
        {
          shape,
          label,
          time: null,
          start: i === 0 ? group.index : inner + place.index,
          end: isLast ? group.index + group[0].length : end,
        },
      ]
    })
  })
  const fields = [...text.matchAll(BIN_FIELD)].flatMap((field): Mark[] => {
    const shape = shapeOfBins(field[2]!)
    const instance = field[1] === 'bbox' ? INSTANCE.exec(text.slice(Math.max(0, field.index - 100), field.index)) : null
    const label = instance?.[1] ?? field[1]!
    return shape ? [{ shape, label, time: null, start: field.index, end: field.index + field[0].length }] : []
  })
  return [...groups, ...fields]
}

function shapeOfBins(tokens: string): Shape | null {
  const values = (tokens.match(/\d+/g) ?? []).map(Number)
  if (values.length % 2 !== 0) return null
  if (values.length === 2) return { type: 'point', x: values[0]!, y: values[1]! }
  const [xs, ys] = [values.filter((_, i) => i % 2 === 0), values.filter((_, i) => i % 2 === 1)]
  return box(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys))
}

/** Whether a mark is written in tokens of its own, which are nothing to read. */
export const isInTokens = (text: string, { start }: Pick<Mark, 'start'>): boolean =>
  /^(?:<\|box_start\|>|,?\s*<\d)/.test(text.slice(start, start + 16))

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

/** Units per picture width and height of the spaces that count no pixels; the last bin is the picture's edge (Rex-Omni). */
const UNITS = { thousandths: 1000, shares: 1, bins: 999 } as const

function unitsOf(space: CoordinateSpace, { model }: Views): Size {
  return space === 'pixels' ? model : { width: UNITS[space], height: UNITS[space] }
}

/** Decimal places of the numbers of a space. */
export const placesOf = (space: CoordinateSpace): number => (space === 'shares' ? 4 : 0)

/** A shape of the answer in pixels of the original picture, clamped to it. The model's resize is a plain stretch. */
export function toOriginal(shape: Shape, space: CoordinateSpace, views: Views): Shape {
  return clamped(scaled(shape, unitsOf(space, views), views.original), views.original)
}

/** A shape in pixels of the original picture as the model counts, rounded to what its space tells apart and clamped. */
export function toModel(shape: Shape, space: CoordinateSpace, views: Views): Shape {
  const units = unitsOf(space, views)
  return rounded(clamped(scaled(shape, views.original, units), units), placesOf(space))
}

/** A shape in pixels as shares of the picture, 0..1. */
export function toShares(shape: Shape, size: Size): Shape {
  return scaled(shape, size, { width: 1, height: 1 })
}

/**
 * Where a point or the beginning of an arrow, in pixels of the original, is clicked: "x, y" in whole pixels of the screen that
 * the picture was captured of, else of the picture. null for a box.
 */
export function clickPosition(shape: Shape, { width, height }: Size, screen?: ScreenPlace): string | null {
  if (shape.type === 'box') return null
  const [x, y] = shape.type === 'point' ? [shape.x, shape.y] : [shape.x1, shape.y1]
  const pixel = (value: number, side: number) => Math.max(0, Math.min(side - 1, Math.round(value)))
  return `${pixel(x, width) + (screen?.x ?? 0)}, ${pixel(y, height) + (screen?.y ?? 0)}`
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

function rounded(shape: Shape, places: number): Shape {
  const round = (value: number) => (places === 0 ? Math.round(value) : Number(value.toFixed(places)))
  return each(shape, round, round)
}

function each(shape: Shape, x: (value: number) => number, y: (value: number) => number): Shape {
  if (shape.type === 'point') return { ...shape, x: x(shape.x), y: y(shape.y) }
  const [x1, y1, x2, y2] = [x(shape.x1), y(shape.y1), x(shape.x2), y(shape.y2)]
  return shape.type === 'box' ? box(x1, y1, x2, y2) : { type: 'arrow', x1, y1, x2, y2 }
}
