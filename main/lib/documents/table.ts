import { readInline } from './inline.ts'
import type { TableCell, TableNode } from './tree.ts'

/** More places than that no cell covers, whatever its attributes say. */
const MOST_SPAN = 200

const TAG = /<(\/?)(table|thead|tbody|tfoot|tr|th|td|caption)\b([^<>]*)>/gi

/**
 * A table written in HTML, whole or cut off. Of its elements the cells, their spans and what sets words in them are kept; a
 * table within a cell becomes the words of that cell. `source` begins with `<table`.
 */
export function readHtmlTable(source: string): TableNode {
  const rows: TableCell[][] = []
  let caption: string | null = null
  let open: { isHeader: boolean; columns: number; rows: number; html: string } | null = null
  let inCaption = false
  let inHead = false
  let depth = 0
  let at = 0
  const take = (text: string): void => {
    if (open) open.html += text
    else if (inCaption) caption = (caption ?? '') + text
  }
  const close = (): void => {
    if (open) {
      const { html, ...cell } = open
      rows.at(-1)?.push({ ...cell, children: readInline(inOneLine(html)) })
    }
    open = null
  }
  for (const tag of source.matchAll(TAG)) {
    take(source.slice(at, tag.index))
    at = tag.index + tag[0].length
    const [, isEnd, written, attributes = ''] = tag
    const name = written!.toLowerCase()
    if (name === 'table') {
      depth += isEnd ? -1 : 1
      continue
    }
    if (depth > 1) {
      take(name === 'tr' && isEnd ? '<br>' : isEnd ? ' ' : '')
      continue
    }
    if (name === 'thead') inHead = !isEnd
    else if (name === 'caption') inCaption = !isEnd
    else if (name === 'tr') {
      close()
      if (!isEnd) rows.push([])
    } else if (name === 'td' || name === 'th') {
      close()
      if (isEnd) continue
      if (rows.length === 0) rows.push([])
      open = {
        isHeader: name === 'th' || inHead,
        columns: spanIn(attributes, 'colspan'),
        rows: spanIn(attributes, 'rowspan'),
        html: '',
      }
    }
  }
  // of a table that is still being written
  take(withoutOpenTag(source.slice(at)))
  close()
  const shown = rows.filter((row) => row.length > 0)
  return { type: 'table', caption: caption === null ? null : readInline(inOneLine(caption)), rows: shown }
}

function spanIn(attributes: string, name: string): number {
  const written = new RegExp(`\\b${name}\\s*=\\s*["']?(\\d{1,6})`, 'i').exec(attributes)?.[1]
  return Math.min(MOST_SPAN, Math.max(1, Number(written ?? 1)))
}

/** Lines as one: those of HTML are none of what it shows. */
export const inOneLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ')

function withoutOpenTag(text: string): string {
  const open = text.indexOf('<', text.lastIndexOf('>') + 1)
  return open < 0 ? text : text.slice(0, open)
}

const OTSL = /<(fcel|ecel|lcel|ucel|xcel|ched|rhed|srow|nl)>/g

/**
 * A table in OTSL (the form of docling and MinerU), whole or cut off: `<fcel>` a cell with its words, `<ecel>` one without,
 * `<lcel>`, `<ucel>` and `<xcel>` places that the cell at the left, above, or both covers, `<nl>` the end of a row. `<ched>`,
 * `<rhed>` and `<srow>` are cells of headers. Null: it is none.
 */
export function readOtsl(source: string): TableNode | null {
  interface Place {
    readonly tag: string
    readonly text: string
  }
  const grid: Place[][] = [[]]
  const tags = [...source.matchAll(OTSL)]
  if (tags.length === 0) return null
  tags.forEach((tag, i) => {
    if (tag[1] === 'nl') {
      grid.push([])
      return
    }
    const text = source.slice(tag.index + tag[0].length, tags[i + 1]?.index)
    grid.at(-1)!.push({ tag: tag[1]!, text })
  })
  const rows = grid.filter((row) => row.length > 0)
  const at = (row: number, column: number): string => rows[row]?.[column]?.tag ?? ''
  const covers = (row: number, column: number): { columns: number; rows: number } => {
    let columns = 1
    while (at(row, column + columns) === 'lcel') columns += 1
    let height = 1
    while (at(row + height, column) === 'ucel') height += 1
    return { columns, rows: height }
  }
  const isCell = (tag: string): boolean => !/^[lux]cel$/.test(tag)
  return {
    type: 'table',
    caption: null,
    rows: rows.map((places, row) =>
      places.flatMap(({ tag, text }, column): TableCell[] => {
        // a place that nothing covers is an empty cell, so that no cell moves
        if (!isCell(tag) && isCovered(at, row, column)) return []
        return [
          {
            isHeader: /^(ched|rhed|srow)$/.test(tag),
            ...(isCell(tag) ? covers(row, column) : { columns: 1, rows: 1 }),
            children: readInline(inOneLine(text)),
          },
        ]
      }),
    ),
  }
}

/** Whether a place of OTSL leads to a cell at its left, above it, or both. */
function isCovered(at: (row: number, column: number) => string, row: number, column: number): boolean {
  let [y, x] = [row, column]
  for (;;) {
    const tag = at(y, x)
    if (tag === 'lcel') x -= 1
    else if (tag === 'ucel') y -= 1
    else if (tag === 'xcel') {
      x -= 1
      y -= 1
    } else return tag !== ''
    if (x < 0 || y < 0) return false
  }
}
