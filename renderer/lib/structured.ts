import { toCsv } from './csv.ts'
import type { CsvCell } from './csv.ts'

/**
 * A value of JSON. Objects are maps, which keep the order of names that look like numbers; integers that a double
 * cannot hold are bigints.
 */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject
export type JsonObject = ReadonlyMap<string, Json>

/** Whether a value is an object. */
export const isObject = (value: Json | undefined): value is JsonObject => value instanceof Map

/**
 * The range of a list or an object in the text that it was read from, in UTF-16 units; `end` is behind its last
 * character.
 */
interface Span {
  readonly start: number
  readonly end: number
}

/** The value that can be read from a text that is JSON or the beginning of it. */
export interface Reading {
  /** undefined: nothing yet. */
  readonly value: Json | undefined
  /** Whether the text is JSON as a whole. */
  readonly isWhole: boolean
  /** The range of each list and object of `value`. */
  readonly spans: ReadonlyMap<object, Span>
}

/** Deeper than any answer that can be read by people; what is deeper is left out. */
const MAX_DEPTH = 100
const FENCE = /^\s*```[a-z]*\s*\n/i
const FENCE_END = /^\s*```\s*$/
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const TEXT = /(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y
const BLANKS = /[ \t\r\n]*/y
const WORDS = [
  ['true', true],
  ['false', false],
  ['null', null],
] as const

/**
 * Reads JSON that may end anywhere, as an answer does that is still being written: open texts, lists and objects are
 * taken as far as they go, a name without its value and half a word are left out. Stops where it is broken; never
 * throws.
 */
export function readPartialJson(text: string): Reading {
  const fence = FENCE.exec(text)?.[0] ?? ''
  const reader = new Reader(text, fence.length)
  const value = reader.value(0)
  const rest = text.slice(reader.at)
  const isEnd = rest.trim() === '' || (fence !== '' && FENCE_END.test(rest))
  return { value, isWhole: value !== undefined && !reader.isOpen && isEnd, spans: reader.spans }
}

class Reader {
  readonly spans = new Map<object, Span>()
  at: number
  /** Something was cut off or broken: nothing more is read. */
  isOpen = false
  private readonly text: string

  constructor(text: string, at: number) {
    this.text = text
    this.at = at
  }

  value(depth: number): Json | undefined {
    this.take(BLANKS)
    const sign = this.text[this.at]
    if (depth > MAX_DEPTH) return this.stop()
    if (sign === '"') return this.string()
    if (sign === '[') return this.list(depth)
    if (sign === '{') return this.object(depth)
    for (const [word, value] of WORDS)
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length
        return value
      }
    const number = this.take(NUMBER)
    if (number === '') return this.stop()
    const value = Number(number)
    return /^-?\d+$/.test(number) && !Number.isSafeInteger(value) ? BigInt(number) : value
  }

  private list(depth: number): Json {
    const items: Json[] = []
    return this.within(items, ']', () => {
      const item = this.value(depth + 1)
      if (item !== undefined) items.push(item)
    })
  }

  private object(depth: number): Json {
    const pairs = new Map<string, Json>()
    return this.within(pairs, '}', () => {
      this.take(BLANKS)
      const name = this.text[this.at] === '"' ? this.string() : this.stop()
      this.take(BLANKS)
      if (this.isOpen || this.text[this.at] !== ':') return void this.stop()
      this.at++
      const value = this.value(depth + 1)
      if (value !== undefined && name !== undefined) pairs.set(name, value)
    })
  }

  /** Reads what stands between a bracket and its `end`, with commas in between. */
  private within<T extends object>(whole: T, end: string, part: () => void): T {
    const start = this.at++
    this.take(BLANKS)
    if (this.text[this.at] === end) this.at++
    else
      for (;;) {
        part()
        if (this.isOpen) break
        this.take(BLANKS)
        const sign = this.text[this.at]
        if (sign !== ',' && sign !== end) {
          this.stop()
          break
        }
        this.at++
        if (sign === end) break
      }
    this.spans.set(whole, { start, end: this.at })
    return whole
  }

  private string(): string {
    this.at++
    const inside = this.take(TEXT)
    if (this.text[this.at] === '"') this.at++
    else this.stop()
    return JSON.parse(`"${inside}"`) as string
  }

  private stop(): undefined {
    this.isOpen = true
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0] ?? ''
    this.at += found.length
    return found
  }
}

/** An answer as rows and columns. */
export interface Table {
  /** `fields`: one object, to be read from top to bottom; `rows`: one line for each. */
  readonly kind: 'fields' | 'rows'
  readonly columns: readonly string[]
  /** null: the row has nothing there. */
  readonly rows: readonly (readonly CsvCell[])[]
  /** The object or list that each row was made of. */
  readonly sources: readonly Json[]
}

const isScalar = (value: Json): value is CsvCell => typeof value !== 'object' || value === null
/** Such as the corners of a box: a list that reads well in one cell. */
const isShortList = (value: Json): value is readonly CsvCell[] =>
  Array.isArray(value) && value.length <= 8 && value.every(isScalar)
const isFlat = (value: Json): value is JsonObject =>
  isObject(value) && [...value.values()].every((each) => isScalar(each) || isShortList(each))
const toCell = (value: Json | undefined): CsvCell =>
  value === undefined ? null : isScalar(value) ? value : (value as readonly CsvCell[]).join(', ')

/**
 * An answer as a table, where it is one: a list of flat objects or of plain values, an object of `columns` and `rows`,
 * an object that holds nothing but one such list, or one flat object. null for a value that needs a tree.
 */
export function tableOf(value: Json): Table | null {
  if (Array.isArray(value)) return listTable(value as readonly Json[])
  if (!isObject(value)) return null
  const [first, ...others] = value.values()
  if (isColumns(value)) return columnsTable(value)
  if (first !== undefined && others.length === 0 && Array.isArray(first) && !isShortList(first as Json))
    return listTable(first as readonly Json[])
  if (!isFlat(value)) return null
  return { kind: 'fields', columns: [...value.keys()], rows: [Array.from(value.values(), toCell)], sources: [value] }
}

function listTable(items: readonly Json[]): Table | null {
  if (items.length > 0 && items.every(isScalar))
    return { kind: 'rows', columns: ['value'], rows: items.map((item) => [item as CsvCell]), sources: items }
  if (!items.every(isFlat)) return null
  const columns = [...new Set(items.flatMap((item) => [...item.keys()]))]
  return {
    kind: 'rows',
    columns,
    rows: items.map((item) => columns.map((name) => toCell(item.get(name)))),
    sources: items,
  }
}

function isColumns(value: JsonObject): boolean {
  const columns = value.get('columns')
  const rows = value.get('rows') ?? []
  const isTexts = (list: Json | undefined): boolean =>
    Array.isArray(list) && list.every((item) => typeof item === 'string')
  return (
    isTexts(columns) &&
    Array.isArray(rows) &&
    rows.every((row) => Array.isArray(row) && row.every(isScalar)) &&
    [...value.keys()].every((name) => name === 'columns' || name === 'rows')
  )
}

/** Rows may be shorter or longer than the names of the columns tell. */
function columnsTable(value: JsonObject): Table {
  const names = value.get('columns') as readonly string[]
  const rows = (value.get('rows') ?? []) as readonly (readonly CsvCell[])[]
  const width = Math.max(names.length, ...rows.map((row) => row.length))
  const columns = Array.from({ length: width }, (_, i) => names[i] ?? '')
  return { kind: 'rows', columns, rows: rows.map((row) => columns.map((_, i) => row[i] ?? null)), sources: rows }
}

/** An answer as CSV: its table, or each value of a tree with the way to it. */
export function valueToCsv(value: Json): string {
  const table = tableOf(value)
  return table ? toCsv(table.columns, table.rows) : toCsv(['path', 'value'], leaves(value, ''))
}

/** An answer as JSON, to be read by people too. */
export const valueToJson = (value: Json): string => `${written(value, '\n')}\n`

/** `line`: what begins a line at this depth. */
function written(value: Json, line: string): string {
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? String(value) : JSON.stringify(value)
  const inner = `${line}  `
  const [open, close, parts] = isObject(value)
    ? ['{', '}', Array.from(value, ([name, item]) => `${JSON.stringify(name)}: ${written(item, inner)}`)]
    : ['[', ']', value.map((item) => written(item, inner))]
  return parts.length === 0 ? open + close : `${open}${inner}${parts.join(`,${inner}`)}${line}${close}`
}

/** The values of a tree in its order, with their ways as in JavaScript: `pages[0].title`. */
function leaves(value: Json, path: string): CsvCell[][] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  const inside = isObject(value)
    ? Array.from(value, ([name, item]) => [path === '' ? name : `${path}.${name}`, item] as const)
    : value.map((item, i) => [`${path}[${i}]`, item] as const)
  return inside.flatMap(([way, item]) => leaves(item, way))
}
