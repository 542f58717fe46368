/** One value of a table. */
export type CsvCell = string | number | bigint | boolean | null

/** Characters with which a spreadsheet begins a formula, also in full width. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

/**
 * A table as CSV of RFC 4180, its columns' names first. A text that a spreadsheet would take for a formula gets an
 * apostrophe in front, so that it stays text; numbers stay numbers.
 */
export function toCsv(columns: readonly string[], rows: readonly (readonly CsvCell[])[]): string {
  return [columns, ...rows].map((row) => `${line(row)}\r\n`).join('')
}

function line(row: readonly CsvCell[]): string {
  const text = row.map(cell).join(',')
  // an empty line would be read as no row
  return text === '' ? '""' : text
}

function cell(value: CsvCell): string {
  if (typeof value !== 'string') return value === null ? '' : String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
