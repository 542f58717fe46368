import { type CsvCell, toCsv } from '../csv.ts'
import { isObject, type Json, type JsonObject } from './partialJson.ts'

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
 * an
 * object that holds nothing but one such list, or one flat object. null for a value that needs a tree.
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
