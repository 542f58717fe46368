import { tokenMarks } from './findMarks.ts'
import type { Direction, Mark, Shape } from './findMarks.ts'

/** What a screen model would do; `other`: an action that is not known here, by its own name. */
export type ActionKind =
  | 'click'
  | 'double-click'
  | 'triple-click'
  | 'right-click'
  | 'middle-click'
  | 'long-press'
  | 'move'
  | 'select'
  | 'drag'
  | 'scroll'
  | 'type'
  | 'key'
  | 'open'
  | 'back'
  | 'home'
  | 'refresh'
  | 'restart'
  | 'search'
  | 'wait'
  | 'note'
  | 'copy'
  | 'answer'
  | 'ask'
  | 'done'
  | 'other'

interface Place {
  readonly x: number
  readonly y: number
}

/** One thing that a screen model would do, in the numbers of its answer. */
export interface Action {
  readonly kind: ActionKind
  /** What is typed, pressed, opened, searched, answered, or clicked on, as the model says it; null: nothing is said. */
  readonly text: string | null
  /** Where it is done, or where a drag begins. */
  readonly from: Place | null
  /** Where a drag ends. */
  readonly to: Place | null
  /** Where a scroll goes; null for others, and where it is not told. */
  readonly direction: Direction | null
  /** Its range in the answer's text, in UTF-16 units; `end` is behind its last character. */
  readonly start: number
  readonly end: number
}

/** Names of actions in all the forms below, in lower case. */
const KINDS: Readonly<Record<string, ActionKind>> = {
  click: 'click',
  left_click: 'click',
  left_single: 'click',
  click_element: 'click',
  click_absolute: 'click',
  tap: 'click',
  left_double: 'double-click',
  double_click: 'double-click',
  triple_click: 'triple-click',
  right_single: 'right-click',
  right_click: 'right-click',
  middle_click: 'middle-click',
  long_press: 'long-press',
  mouse_move: 'move',
  hover: 'move',
  select: 'select',
  drag: 'drag',
  left_click_drag: 'drag',
  swipe: 'drag',
  select_text: 'drag',
  scroll: 'scroll',
  hscroll: 'scroll',
  type: 'type',
  input: 'type',
  write_element_abs: 'type',
  key: 'key',
  hotkey: 'key',
  press: 'key',
  enter: 'key',
  open: 'open',
  open_app: 'open',
  visit_url: 'open',
  goto: 'open',
  web_search: 'search',
  history_back: 'back',
  go_back: 'back',
  press_back: 'back',
  press_home: 'home',
  refresh: 'refresh',
  restart: 'restart',
  wait: 'wait',
  pause_and_memorize_fact: 'note',
  copy: 'copy',
  answer: 'answer',
  call_user: 'ask',
  impossible: 'ask',
  finished: 'done',
  terminate: 'done',
  complete: 'done',
}

/** What an action of a model's is; undefined: it is not known, whatever every object has by such a name. */
const kindOf = (name: string): ActionKind | undefined => {
  const key = name.toLowerCase()
  return Object.hasOwn(KINDS, key) ? KINDS[key] : undefined
}

/** Kinds that mean nothing without a place. */
const PLACED: readonly ActionKind[] = [
  'click',
  'double-click',
  'triple-click',
  'right-click',
  'middle-click',
  'long-press',
  'move',
  'select',
]

/** Fields in which each kind says its text, the first that is there. */
const TEXTS: Partial<Record<ActionKind, readonly string[]>> = {
  type: ['content', 'text', 'value'],
  key: ['keys', 'key', 'hotkey', 'text', 'value'],
  open: ['url', 'app_name', 'text', 'value'],
  search: ['query'],
  note: ['fact'],
  copy: ['value'],
  answer: ['content', 'text', 'value'],
  done: ['content', 'answer', 'status'],
}
const FIRST_PLACE = ['start_box', 'start_point', 'point', 'coordinate', 'position'] as const
const SECOND_PLACE = ['end_box', 'end_point', 'coordinate2'] as const

type Fields = Readonly<Record<string, unknown>>
type Range = Pick<Action, 'start' | 'end'>

/**
 * What a screen model would do, in the order of its answer. Each is found by itself, so that a broken or unfinished one
 * leaves the others. Forms, each after its model's card or repository: calls of UI-TARS, `click(start_box='(x,y)')`, and of
 * Holo1, `Click(x, y)`; JSON of Fara, Holo1 and Holo1.5, in `<tool_call>` or not; dictionaries of ShowUI; lines of OS-Atlas,
 * `CLICK <point>[[x,y]]</point>`, and its boxes; the bare `(x, y)` of GTA1 and UGround.
 */
export function findActions(text: string): Action[] {
  const found: Action[] = []
  const add = (actions: readonly Action[]): void => {
    for (const action of actions)
      if (found.every(({ start, end }) => action.end <= start || action.start >= end)) found.push(action)
  }
  add(objectActions(text).map(({ action }) => action))
  add(callActions(text))
  add(lineActions(text))
  add(boxActions(text))
  if (found.length === 0) add(bareActions(text))
  return found.sort((a, b) => a.start - b.start)
}

/** An action by its name and fields; null for what lacks its place, and for names that mean nothing where `isKnown`. */
function actionOf(name: string, fields: Fields, range: Range, isKnown = true): Action | null {
  const known = kindOf(name)
  if (!known && isKnown) return null
  const kind = known ?? 'other'
  const [first, second] = pairOf(fields['position']) ?? [placeIn(fields, FIRST_PLACE), placeIn(fields, SECOND_PLACE)]
  // a drag from where the pointer is tells its end alone
  const isEndOnly = kind === 'drag' && second === null
  const [from, to] = isEndOnly ? [null, first] : [first, second]
  if (PLACED.includes(kind) && !from) return null
  if (kind === 'drag' && !to) return null
  const direction = kind === 'scroll' ? directionOf(fields) : null
  const text = name.toLowerCase() === 'enter' ? 'Enter' : kind === 'other' ? name : textOf(kind, fields)
  return { kind, text, from, to, direction, ...range }
}

function textOf(kind: ActionKind, fields: Fields): string | null {
  if (kind === 'wait') {
    const seconds = fields['time'] ?? fields['seconds']
    return typeof seconds === 'number' ? `${seconds} s` : null
  }
  for (const key of TEXTS[kind] ?? ['element']) {
    const value = fields[key]
    if (Array.isArray(value) && value.length > 0) return value.map(String).join(' ')
    if (typeof value === 'string' && value !== '') return value
  }
  return null
}

/** Fara counts pixels, up ones positive. */
function directionOf({ direction, value, pixels }: Fields): Direction | null {
  const told = String(direction ?? value).toLowerCase()
  if (told === 'up' || told === 'down' || told === 'left' || told === 'right') return told
  return typeof pixels !== 'number' || pixels === 0 ? null : pixels > 0 ? 'up' : 'down'
}

function placeIn(fields: Fields, keys: readonly string[]): Place | null {
  for (const key of keys) {
    const place = placeOf(fields[key])
    if (place) return place
  }
  const { x, y } = fields
  return keys === FIRST_PLACE && isNumber(x) && isNumber(y) ? { x, y } : null
}

/** Two places, as ShowUI writes `[[x1, y1], [x2, y2]]`. */
function pairOf(value: unknown): readonly [Place, Place] | null {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Array.isArray)) return null
  const [first, second] = value.map(placeOf)
  return first && second ? [first, second] : null
}

/** Two numbers as a place, four as the middle of a box, of an array or anywhere in a text. */
function placeOf(value: unknown): Place | null {
  const numbers =
    typeof value === 'string'
      ? (value.match(/-?\d{1,6}(?:\.\d{1,6})?/g) ?? []).map(Number)
      : Array.isArray(value)
        ? value
        : []
  if (!numbers.every(isNumber)) return null
  const [x1, y1, x2, y2] = numbers as number[]
  if (numbers.length === 2) return { x: x1!, y: y1! }
  return numbers.length === 4 ? { x: (x1! + x2!) / 2, y: (y1! + y2!) / 2 } : null
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

const CALL = /(?<=^|[\s;:])([A-Za-z_]{2,30})\(/g
const ACTION_LABEL = /^[ \t]*actions?[ \t]*:/im
const THOUGHT_LABEL = /^\s*(?:```\w*\s*)?(?:thoughts?|reflection|action_summary)[ \t]*:[ \t]*/i

/** Calls in the form of Python. A thought that speaks of calls is none: they are looked for behind "Action:". */
function callActions(text: string): Action[] {
  const label = ACTION_LABEL.exec(text)
  if (!label && THOUGHT_LABEL.test(text)) return []
  const begin = label ? label.index + label[0].length : 0
  const calls: Action[] = []
  let at = begin
  for (const match of text.matchAll(CALL)) {
    if (match.index < at || !kindOf(match[1]!)) continue
    const call = argumentsAt(text, match.index + match[0].length)
    const action = call && actionOf(match[1]!, call.fields, { start: match.index, end: call.end })
    if (!action) continue
    calls.push(action)
    at = action.end
  }
  return calls
}

/** The longest argument, in characters. */
const REACH = 8000

/** Arguments from behind the opening parenthesis; null where they do not end. Those without a name are `coordinate`. */
function argumentsAt(text: string, begin: number): { fields: Fields; end: number } | null {
  const fields: Record<string, unknown> = {}
  const positional: string[] = []
  const rest = text.slice(begin, begin + REACH)
  let at = 0
  for (;;) {
    at += /^[\s,]*/.exec(rest.slice(at))![0].length
    if (rest[at] === ')') break
    const key = /^(\w+)\s*=\s*/.exec(rest.slice(at))
    at += key?.[0].length ?? 0
    const value = valueAt(rest, at)
    if (!value) return null
    if (key) fields[key[1]!] = value.text
    else positional.push(value.text)
    at = value.end
  }
  if (positional.length > 0) fields['coordinate'] = positional.join(',')
  return { fields, end: begin + at + 1 }
}

/** One argument: a text in quotes, which may hold such quotes itself, a list, or a bare word. */
function valueAt(text: string, at: number): { text: string; end: number } | null {
  const quote = text[at]
  if (quote === "'" || quote === '"') {
    for (let end = text.indexOf(quote, at + 1); end > 0; end = text.indexOf(quote, end + 1))
      if (text[end - 1] !== '\\' && /^\s*(?:,\s*\w+\s*=|\))/.test(text.slice(end + 1, end + 60)))
        return { text: unescaped(text.slice(at + 1, end)), end: end + 1 }
    return null
  }
  const bare = /^(?:\[[^\]]*\]|\([^)]*\)|[^\s,()'"]+)/.exec(text.slice(at, at + 400))
  return bare && { text: bare[0], end: at + bare[0].length }
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter === 't' ? '\t' : letter))

/** Objects that are tried at most. */
const MOST_OBJECTS = 200
const OPENING = /(?:```(?:json|python)?\s*|<tool_call>\s*|\[\s*)+$/
const CLOSING = /^(?:\s*(?:,|\]|<\/tool_call>|```))+/

interface ObjectAction {
  readonly action: Action
  /** What the object says of its action beside it (Holo1). */
  readonly thought: string | null
  readonly note: string | null
}

/** Actions that are JSON or a dictionary of Python, by themselves, in `<tool_call>` or in a block of code. */
function objectActions(text: string): ObjectAction[] {
  const actions: ObjectAction[] = []
  let at = 0
  for (let tried = 0; tried < MOST_OBJECTS; tried++) {
    const begin = text.indexOf('{', at)
    if (begin < 0) break
    const end = endOfObject(text, begin)
    const object = end === null ? null : parsed(text.slice(begin, end))
    const found = object && objectAction(object, around(text, begin, end!))
    if (found) actions.push(found)
    at = object ? end! : begin + 1
  }
  return actions
}

/** With what opens and closes it. */
function around(text: string, begin: number, end: number): Range {
  const opening = OPENING.exec(text.slice(Math.max(0, begin - 40), begin))?.[0].length ?? 0
  const closing = CLOSING.exec(text.slice(end, end + 40))?.[0].length ?? 0
  return { start: begin - opening, end: end + closing }
}

function endOfObject(text: string, begin: number): number | null {
  let depth = 0
  let quote = ''
  const most = Math.min(text.length, begin + REACH)
  for (let at = begin; at < most; at++) {
    const letter = text[at]!
    if (quote !== '') {
      if (letter === '\\') at++
      else if (letter === quote) quote = ''
    } else if (letter === '"' || letter === "'") quote = letter
    else if (letter === '{') depth++
    else if (letter === '}' && --depth === 0) return at + 1
  }
  return null
}

const PYTHON = /"(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'|\bNone\b|\bTrue\b|\bFalse\b|[()]/g
const AS_JSON: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false', '(': '[', ')': ']' }

/** An object in JSON or as Python writes it; null for anything else. */
function parsed(text: string): Fields | null {
  const asJson = (): string =>
    text.replace(PYTHON, (token, inner: string | undefined) =>
      inner === undefined ? (AS_JSON[token] ?? token) : JSON.stringify(unescaped(inner)),
    )
  for (const source of [() => text, asJson]) {
    try {
      const value: unknown = JSON.parse(source())
      return isFields(value) ? value : null
    } catch {
      // the next way to read it
    }
  }
  return null
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const wordsOf = (value: unknown): string | null => (typeof value === 'string' && value.trim() !== '' ? value : null)

function objectAction(object: Fields, range: Range): ObjectAction | null {
  const given = object['arguments']
  const told = isFields(given) ? given : ((typeof given === 'string' ? parsed(given) : null) ?? object)
  const inner = told['action']
  const fields = isFields(inner) ? inner : told
  // the schema of Holo1.5 lets it leave out that it clicks
  const isPlace = told === object && !('action' in object) && isNumber(object['x']) && isNumber(object['y'])
  const name = wordsOf(fields['action']) ?? (told === object ? (isPlace ? 'click' : null) : wordsOf(object['name']))
  if (name === null) return null
  const action = actionOf(name, fields, range, false)
  return action && { action, thought: wordsOf(object['thought']), note: wordsOf(object['note']) }
}

const LINE = /^[ \t]*(?:actions?:[ \t]*)?(?:\d+\.[ \t]*)?/.source
const POINTED = new RegExp(String.raw`${LINE}(CLICK|LONG_PRESS)\s*<point>\s*\[\[([^\]\n]{1,40})\]\]\s*</point>`, 'gim')
const WITH_TEXT = new RegExp(String.raw`${LINE}(TYPE|SCROLL|OPEN_APP)[ \t]*\[([^\n]{1,2000})\][ \t]*$`, 'gm')
const ALONE = new RegExp(String.raw`${LINE}(PRESS_BACK|PRESS_HOME|ENTER|WAIT|COMPLETE|IMPOSSIBLE)[ \t]*$`, 'gm')

/** Lines of OS-Atlas. */
function lineActions(text: string): Action[] {
  const read = (pattern: RegExp, fieldsOf: (value: string) => Fields) =>
    [...text.matchAll(pattern)].flatMap(
      (match) =>
        actionOf(match[1]!, fieldsOf(match[2] ?? ''), { start: match.index, end: match.index + match[0].length }) ?? [],
    )
  return [
    ...read(POINTED, (point) => ({ point })),
    ...read(WITH_TEXT, (value) => ({ value })),
    ...read(ALONE, () => ({})),
  ]
}

/** Boxes and points in tokens, as the base models of OS-Atlas tell where to click. */
const boxActions = (text: string): Action[] =>
  tokenMarks(text).flatMap(({ shape, label, start, end }) => {
    // the argument of a call, which is not whole
    if (/['"]/.test(text[start - 1] ?? '')) return []
    const from = shape.type === 'point' ? shape : { x: (shape.x1 + shape.x2) / 2, y: (shape.y1 + shape.y2) / 2 }
    const name = /<\|object_ref_start\|>[^<]*<\|object_ref_end\|>\s*$/.exec(text.slice(0, start))
    return {
      kind: 'click',
      text: label || null,
      from: { x: from.x, y: from.y },
      to: null,
      direction: null,
      start: name ? name.index : start,
      end,
    }
  })

const BARE =
  /^[ \t]*[([][ \t]*(-?\d{1,6}(?:\.\d{1,6})?)[ \t]*,[ \t]*(-?\d{1,6}(?:\.\d{1,6})?)[ \t]*[)\]][ \t]*\.?[ \t]*$/gm

/** Pairs of numbers, each alone on its line. */
const bareActions = (text: string): Action[] =>
  [...text.matchAll(BARE)].map((match) => ({
    kind: 'click',
    text: null,
    from: { x: Number(match[1]), y: Number(match[2]) },
    to: null,
    direction: null,
    start: match.index,
    end: match.index + match[0].length,
  }))

/** The answer of a screen model in parts. */
export interface ActionAnswer {
  /** What it says to have thought; null: nothing. */
  readonly thought: string | null
  /** What is neither thought nor action, as Markdown; empty: nothing. */
  readonly words: string
  readonly actions: readonly Action[]
}

/** What stays of an action that is still being written, or of labels without anything behind them. */
const OPEN_ACTION =
  /(?:^[ \t]*actions?[ \t]*:|<tool_call>|<\|(?:box|object_ref)_start|^[ \t]*[{[(]|^CLICK\b|```(?:json|python)?\s*\{)[^]*$/im
const LABELS = /^[ \t]*actions?[ \t]*:[ \t]*$|<\/?tool_call>|^[ \t]*```\w*[ \t]*$/gim

/** An answer in its parts. `streaming`: an action that is still being written at its end is left out. */
export function readActions(text: string, streaming: boolean): ActionAnswer {
  const actions = findActions(text)
  const label = THOUGHT_LABEL.exec(text)
  const begin = label?.[0].length ?? 0
  const end = label
    ? Math.min(ACTION_LABEL.exec(text.slice(begin))?.index ?? Infinity, (actions[0]?.start ?? Infinity) - begin) + begin
    : 0
  let words = ''
  let at = Math.min(text.length, end)
  for (const action of actions) {
    if (action.start < at) continue
    words += text.slice(at, action.start)
    at = action.end
  }
  words += text.slice(at)
  const left = (
    streaming ? words.replace(OPEN_ACTION, '') : actions.length > 0 ? words.replace(LABELS, '') : words
  ).trim()
  const objects = objectActions(text)
  const thought = label ? text.slice(begin, end).trim() : (objects.find((one) => one.thought)?.thought ?? '')
  const notes = objects.flatMap(({ note }) => note ?? [])
  return { thought: thought || null, words: [...notes, left].filter((part) => part !== '').join('\n\n'), actions }
}

/** How each kind is called; a text that belongs to it follows. */
const WORDS: Readonly<Record<ActionKind, string>> = {
  click: 'Click',
  'double-click': 'Double-click',
  'triple-click': 'Triple-click',
  'right-click': 'Right-click',
  'middle-click': 'Middle-click',
  'long-press': 'Press and hold',
  move: 'Move the pointer',
  select: 'Select',
  drag: 'Drag',
  scroll: 'Scroll',
  type: 'Type',
  key: 'Press',
  open: 'Open',
  back: 'Go back',
  home: 'Go to the home screen',
  refresh: 'Reload',
  restart: 'Start again',
  search: 'Search for',
  wait: 'Wait',
  note: 'Remember',
  copy: 'Copy',
  answer: 'Answer',
  ask: 'Ask its user',
  done: 'Done',
  other: 'Action',
}
/** The longest text of an action on one line, in characters. */
const MOST_WORDS = 80

/** An action in words, on one line: "Click", "Type “hello”", "Scroll down", "Press ctrl c". */
export function actionWords({ kind, text, direction }: Action): string {
  const word = WORDS[kind]
  if (kind === 'scroll') return direction ? `${word} ${direction}` : word
  const line = text?.replace(/\s+/g, ' ').trim() ?? ''
  if (line === '') return word
  const short = line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS - 1)}…` : line
  if (kind === 'key' || kind === 'wait' || kind === 'open') return `${word} ${short}`
  if (kind === 'other' || kind === 'done') return `${word}: ${short}`
  // a line end at the end of what is typed sends it, as the prompt of UI-TARS has it
  const isSent = kind === 'type' && text?.endsWith('\n')
  return `${word} “${short}”${isSent ? ', then Enter' : ''}`
}

/** The places of actions as marks, in their order and numbers; `of` has the action of each. */
export function actionMarks(actions: readonly Action[]): { marks: Mark[]; of: number[] } {
  const placed = actions.flatMap((action, index) => {
    const shape = shapeOf(action)
    return shape ? [{ shape, index }] : []
  })
  return {
    marks: placed.map(({ shape, index }) => {
      const { start, end } = actions[index]!
      return { shape, label: actionWords(actions[index]!), time: null, start, end }
    }),
    of: placed.map(({ index }) => index),
  }
}

function shapeOf({ from, to, direction }: Action): Shape | null {
  if (from && to) return { type: 'arrow', x1: from.x, y1: from.y, x2: to.x, y2: to.y }
  const place = from ?? to
  return place && { type: 'point', ...place, ...(direction && { toward: direction }) }
}
