import { toCsv, type CsvCell } from '../csv.ts'
import { isObject, type Json } from './partialJson.ts'
import { tableOf } from './table.ts'

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
