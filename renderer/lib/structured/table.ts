import type { CsvCell } from '../csv.ts'
import type { Json } from './partialJson.ts'

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

type Row = { readonly [name: string]: Json }

const isObject = (value: Json | undefined): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)
const isScalar = (value: Json): value is CsvCell => typeof value !== 'object' || value === null
/** Such as the corners of a box: a list that reads well in one cell. */
const isShortList = (value: Json): value is readonly CsvCell[] =>
  Array.isArray(value) && value.length <= 8 && value.every(isScalar)
const isFlat = (value: Json): value is Row =>
  isObject(value) && Object.values(value).every((each) => isScalar(each) || isShortList(each))
const toCell = (value: Json | undefined): CsvCell =>
  value === undefined ? null : isScalar(value) ? value : (value as readonly CsvCell[]).join(', ')

/**
 * An answer as a table, where it is one: a list of flat objects or of plain values, an object of `columns` and `rows`, an
 * object that holds nothing but one such list, or one flat object. null: it is a tree.
 */
export function tableOf(value: Json): Table | null {
  if (Array.isArray(value)) return listTable(value as readonly Json[])
  if (!isObject(value)) return null
  const [first, ...others] = Object.values(value)
  if (isColumns(value)) return columnsTable(value)
  if (first !== undefined && others.length === 0 && Array.isArray(first) && !isShortList(first as Json))
    return listTable(first as readonly Json[])
  if (!isFlat(value)) return null
  const columns = Object.keys(value)
  return { kind: 'fields', columns, rows: [columns.map((name) => toCell(value[name]))], sources: [value] }
}

function listTable(items: readonly Json[]): Table | null {
  if (items.length > 0 && items.every(isScalar))
    return { kind: 'rows', columns: ['value'], rows: items.map((item) => [item as CsvCell]), sources: items }
  if (!items.every(isFlat)) return null
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))]
  return { kind: 'rows', columns, rows: items.map((item) => columns.map((name) => toCell((item as Row)[name]))), sources: items }
}

interface Columns {
  readonly columns: readonly string[]
  readonly rows?: readonly (readonly CsvCell[])[]
}

function isColumns(value: Row): boolean {
  const { columns, rows = [], ...others } = value
  const isTexts = (list: Json | undefined): boolean => Array.isArray(list) && list.every((item) => typeof item === 'string')
  return (
    isTexts(columns) &&
    Array.isArray(rows) &&
    rows.every((row) => Array.isArray(row) && row.every(isScalar)) &&
    Object.keys(others).length === 0
  )
}

/** Rows may be shorter or longer than the names of the columns tell. */
function columnsTable(value: Row): Table {
  const { columns: names, rows = [] } = value as unknown as Columns
  const width = Math.max(names.length, ...rows.map((row) => row.length))
  const columns = Array.from({ length: width }, (_, i) => names[i] ?? '')
  return { kind: 'rows', columns, rows: rows.map((row) => columns.map((_, i) => row[i] ?? null)), sources: rows }
}
