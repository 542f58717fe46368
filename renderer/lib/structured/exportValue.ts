import { toCsv, type CsvCell } from '../csv.ts'
import type { Json } from './partialJson.ts'
import { tableOf } from './table.ts'

/** An answer as CSV: its table, or each value of a tree with the way to it. */
export function valueToCsv(value: Json): string {
  const table = tableOf(value)
  return table ? toCsv(table.columns, table.rows) : toCsv(['path', 'value'], leaves(value, ''))
}

/** An answer as JSON, to be read by people too. */
export const valueToJson = (value: Json): string => `${JSON.stringify(value, null, 2)}\n`

/** The values of a tree in its order, with their ways as in JavaScript: `pages[0].title`. */
function leaves(value: Json, path: string): CsvCell[][] {
  if (typeof value !== 'object' || value === null) return [[path, value]]
  const inside = Array.isArray(value)
    ? (value as readonly Json[]).map((item, i) => [`${path}[${i}]`, item] as const)
    : Object.entries(value as Record<string, Json>).map(([name, item]) => [path === '' ? name : `${path}.${name}`, item] as const)
  return inside.flatMap(([way, item]) => leaves(item, way))
}
