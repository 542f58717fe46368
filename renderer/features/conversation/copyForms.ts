import { toCsv } from '../../lib/csv.ts'
import type { CsvCell } from '../../lib/csv.ts'
import { exportDocument, htmlOfNode, readDocument, textOfInline } from '../../lib/documents.ts'
import type { DocumentNode, TableNode } from '../../lib/documents.ts'
import { plainAnswer } from '../../lib/grounding/index.ts'
import { readPartialJson, tableOf } from '../../lib/structured.ts'

/** An answer in the forms in which it is copied. */
export interface CopyForms {
  readonly markdown: string
  readonly text: string
  /** Of its tables alone; null: it has none. */
  readonly tables: { readonly html: string; readonly csv: string } | null
}

/** The forms of an answer's text. `isJson`: it was held to a form, so that all of it may be one table. */
export function copyForms(said: string, isJson: boolean): CopyForms {
  const markdown = plainAnswer(said)
  if (isJson) return { markdown, text: markdown, tables: jsonTable(said) }
  const pages = readDocument(markdown, 'markdown')
  const tables = pages.flatMap(({ blocks }) => blocks.flatMap(({ nodes }) => nodes.flatMap(tablesIn)))
  return {
    markdown,
    text: exportDocument(pages, 'text').trimEnd(),
    tables:
      tables.length === 0
        ? null
        : { html: tables.map((table) => htmlOfNode(table)).join('\n'), csv: tables.map(tableCsv).join('\r\n') },
  }
}

function tablesIn(node: DocumentNode): TableNode[] {
  if (node.type === 'table') return [node]
  if (node.type === 'quote') return node.children.flatMap(tablesIn)
  return node.type === 'list' ? node.items.flatMap((item) => item.flatMap(tablesIn)) : []
}

/** A table in a grid: what covers several places stands in the first of them. */
function tableCsv({ rows }: TableNode): string {
  const grid: string[][] = rows.map(() => [])
  rows.forEach((cells, y) => {
    let x = 0
    for (const { columns, rows: height, children } of cells) {
      while (grid[y]![x] !== undefined) x++
      for (const row of grid.slice(y, y + height)) for (let at = x; at < x + columns; at++) row[at] = ''
      grid[y]![x] = textOfInline(children).replace(/\s+/g, ' ').trim()
    }
  })
  const [first = [], ...others] = grid.map((row) => Array.from(row, numbered))
  return toCsv(
    first.map((value) => String(value)),
    others,
  )
}

/** A number stays one; everything else is words. */
const numbered = (value: string | undefined): CsvCell =>
  value !== undefined && /^[-+]?\d+(\.\d+)?$/.test(value) ? Number(value) : (value ?? '')

function jsonTable(said: string): CopyForms['tables'] {
  const { value } = readPartialJson(said)
  const table = value === undefined ? null : tableOf(value)
  if (!table) return null
  const cell = (tag: string) => (value: unknown) => `<${tag}>${escaped(value === null ? '' : String(value))}</${tag}>`
  const lines = [table.columns.map(cell('th')), ...table.rows.map((row) => row.map(cell('td')))]
  return {
    html: `<table>${lines.map((line) => `<tr>${line.join('')}</tr>`).join('')}</table>`,
    csv: toCsv(table.columns, table.rows),
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
