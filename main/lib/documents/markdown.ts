import { linkAt, readInline } from './inline.ts'
import { readHtmlTable } from './table.ts'
import { MOST_DEPTH } from './tree.ts'
import type { DocumentNode, TableCell } from './tree.ts'

/** A block of Markdown with the text that it was written as. */
export interface MarkdownBlock {
  readonly node: DocumentNode
  readonly source: string
}

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/
const HEADING = /^ {0,3}(#{1,6})(?=\s|$)/
const RULE = /^ {0,3}(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$/
const ITEM = /^(\s*)([-*+•]|\d{1,9}[.)])\s+(.*)$/s
const QUOTE = /^ {0,3}>\s?(.*)$/s
const TABLE = /^\s*<table\b/i
/** Of a line without spaces at its ends. */
const DELIMITERS = /^\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$/
const FORMULA = /^\s*(\$\$|\\\[)/
const COMMENT = /^\s*<!--/

/**
 * Reads the Markdown that models write for pages of text: headings, paragraphs, lists, quotes, code, tables in HTML or with
 * bars, formulas between `$$` or `\[`, pictures. Text that is cut off anywhere is read as far as it goes: what is open ends
 * there. Lines of a paragraph stay lines, because these models write one where the page has one. `depth`: in how many quotes
 * and lists the text stands.
 */
export function readMarkdown(text: string, depth = 0): MarkdownBlock[] {
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  const blocks: MarkdownBlock[] = []
  let at = 0
  while (at < lines.length) {
    if (lines[at]!.trim() === '') {
      at += 1
      continue
    }
    const from = at
    const { node, end, rest } = readBlock(lines, at, depth)
    // what stands behind the end of a table or formula in its line is a line of its own
    const last = rest === undefined ? undefined : lines[end - 1]!.slice(0, lines[end - 1]!.length - rest.length)
    const source = [...lines.slice(from, end - 1), last ?? lines[end - 1]!].join('\n')
    if (node) blocks.push({ node, source })
    at = end
    if (rest !== undefined && rest.trim() !== '') {
      at = end - 1
      lines[at] = rest
    }
  }
  return blocks
}

interface Block {
  /** null: nothing is shown, as of a comment. */
  readonly node: DocumentNode | null
  /** The line after the last of the block. */
  readonly end: number
  /** What its last line has behind its end. */
  readonly rest?: string
}

function readBlock(lines: string[], at: number, depth: number): Block {
  const line = lines[at]!
  const fence = fenceOf(line)
  if (fence) return readFence(lines, at, fence[1]!, fence[2] || null)
  if (COMMENT.test(line)) return readUntil(lines, at, /-->/, () => null)
  if (FORMULA.test(line)) return readFormula(lines, at)
  if (TABLE.test(line)) return readTable(lines, at)
  const heading = HEADING.exec(line)
  if (heading)
    return {
      node: { type: 'heading', level: heading[1]!.length, children: readInline(headingText(line, heading[0])) },
      end: at + 1,
    }
  if (RULE.test(line)) return { node: { type: 'rule' }, end: at + 1 }
  if (depth < MOST_DEPTH && QUOTE.test(line)) return readQuote(lines, at, depth)
  if (depth < MOST_DEPTH && ITEM.test(line)) return readList(lines, at, depth)
  if (line.includes('|') && DELIMITERS.test((lines[at + 1] ?? '').trim())) return readBarTable(lines, at)
  const picture = pictureOf(line)
  if (picture) return { node: picture, end: at + 1 }
  let end = at + 1
  while (end < lines.length && lines[end]!.trim() !== '' && !beginsBlock(lines[end]!)) end += 1
  const words = lines.slice(at, end).map((each) => each.trim())
  return { node: { type: 'paragraph', children: readInline(words.join('\n')) }, end }
}

/** The beginning of a fence; a line with backticks behind its own is code within words. */
function fenceOf(line: string): RegExpExecArray | null {
  const fence = FENCE.exec(line)
  const behind = fence && line.trimStart().slice(fence[1]!.length)
  return fence?.[1]!.startsWith('`') && behind!.includes('`') ? null : fence
}

/** Without the signs of a heading at its end, which stand behind a space. */
const headingText = (line: string, signs: string): string =>
  line
    .slice(signs.length)
    .trim()
    .replace(/(^|\s)#+$/, '')
    .trim()

/** A line that is a picture and nothing else. */
function pictureOf(line: string): DocumentNode | null {
  const words = line.trim()
  const picture = words.startsWith('![') ? linkAt(words, 1) : null
  return picture?.end === words.length ? { type: 'picture', alt: picture.name.trim(), source: picture.target } : null
}

const beginsBlock = (line: string): boolean =>
  fenceOf(line) !== null ||
  TABLE.test(line) ||
  FORMULA.test(line) ||
  /^ {0,3}#{1,6}\s/.test(line) ||
  RULE.test(line) ||
  QUOTE.test(line) ||
  ITEM.test(line) ||
  pictureOf(line) !== null

function readFence(lines: string[], at: number, mark: string, language: string | null): Block {
  let end = at + 1
  const closes = (line: string): boolean => line.trim().startsWith(mark) && line.trim().replaceAll(mark[0]!, '') === ''
  while (end < lines.length && !closes(lines[end]!)) end += 1
  const text = lines.slice(at + 1, end).join('\n')
  return { node: { type: 'code', language, text }, end: Math.min(lines.length, end + 1) }
}

/** Up to the first match of `closing`, over lines; to the end of the text where there is none. */
function readUntil(
  lines: string[],
  at: number,
  closing: RegExp,
  make: (source: string) => DocumentNode | null,
  skip = 0,
): Block {
  for (let end = at; end < lines.length; end++) {
    const line = lines[end]!
    const from = end === at ? skip : 0
    const found = closing.exec(line.slice(from))
    if (!found) continue
    const stop = from + found.index + found[0].length
    const source = [...lines.slice(at, end), line.slice(0, stop)].join('\n')
    return { node: make(source), end: end + 1, rest: line.slice(stop) }
  }
  return { node: make(lines.slice(at).join('\n')), end: lines.length }
}

function readFormula(lines: string[], at: number): Block {
  const open = FORMULA.exec(lines[at]!)!
  const closing = open[1] === '$$' ? /\$\$/ : /\\\]/
  const block = readUntil(
    lines,
    at,
    closing,
    (source) => ({
      type: 'formula',
      tex: source
        .trim()
        .replace(/^(\$\$|\\\[)/, '')
        .replace(/(\$\$|\\\])$/, '')
        .trim(),
    }),
    open[0].length,
  )
  // words behind it: the formula is a part of a sentence
  if (block.rest === undefined || block.rest.trim() === '' || TABLE.test(block.rest)) return block
  const line = lines[at]!
  return block.end === at + 1 ? { node: { type: 'paragraph', children: readInline(line.trim()) }, end: at + 1 } : block
}

function readTable(lines: string[], at: number): Block {
  let depth = 0
  for (let end = at; end < lines.length; end++)
    for (const tag of lines[end]!.matchAll(/<(\/?)table\b[^<>]*>/gi)) {
      depth += tag[1] ? -1 : 1
      if (depth > 0) continue
      const stop = tag.index + tag[0].length
      const source = [...lines.slice(at, end), lines[end]!.slice(0, stop)].join('\n')
      return { node: readHtmlTable(source.trim()), end: end + 1, rest: lines[end]!.slice(stop) }
    }
  return { node: readHtmlTable(lines.slice(at).join('\n').trim()), end: lines.length }
}

function readQuote(lines: string[], at: number, depth: number): Block {
  let end = at
  while (end < lines.length && QUOTE.test(lines[end]!)) end += 1
  const inside = lines.slice(at, end).map((line) => QUOTE.exec(line)![1]!)
  return { node: { type: 'quote', children: readMarkdown(inside.join('\n'), depth + 1).map(({ node }) => node) }, end }
}

/** Items of one depth; what is indented further belongs to the item above it. */
function readList(lines: string[], at: number, depth: number): Block {
  const first = ITEM.exec(lines[at]!)!
  const indent = first[1]!.length
  const isOrdered = /\d/.test(first[2]!)
  const items: string[][] = []
  let end = at
  while (end < lines.length) {
    const line = lines[end]!
    const item = ITEM.exec(line)
    if (line.trim() === '') {
      // a list goes on after an empty line with another item or with what is indented
      let after = end + 1
      while (lines[after]?.trim() === '') after += 1
      const next = lines[after]
      const nextItem = next === undefined ? null : ITEM.exec(next)
      const goesOn = nextItem ? nextItem[1]!.length >= indent : next !== undefined && /^\s{2,}/.test(next)
      if (!goesOn || (nextItem?.[1]!.length === indent && /\d/.test(nextItem[2]!) !== isOrdered)) break
      for (; end < after; end++) items.at(-1)?.push('')
      continue
    } else if (item && item[1]!.length <= indent + 1) {
      if (item[1]!.length < indent || /\d/.test(item[2]!) !== isOrdered || RULE.test(line)) break
      items.push([checkbox(item[3]!)])
    } else if (items.length > 0 && (/^\s{2,}/.test(line) || !beginsBlock(line))) {
      items.at(-1)!.push(line.slice(Math.min(indent + 2, /^\s*/.exec(line)![0].length)))
    } else break
    end += 1
  }
  const start = isOrdered ? Number.parseInt(first[2]!, 10) : null
  const read = items.map((item) => readMarkdown(item.join('\n'), depth + 1).map(({ node }) => node))
  return { node: { type: 'list', start, items: read }, end }
}

/** Markdown's boxes as the characters that OCR models write for them. */
const checkbox = (item: string): string => item.replace(/^\[ \](?=\s)/, '☐').replace(/^\[[xX]\](?=\s)/, '☑')

function readBarTable(lines: string[], at: number): Block {
  const cells = (line: string, isHeader: boolean): TableCell[] =>
    line
      .trim()
      .replace(/^\|/, '')
      .replace(/(?<!\\)\|$/, '')
      .split(/(?<!\\)\|/)
      .map((cell) => ({ isHeader, columns: 1, rows: 1, children: readInline(cell.trim().replaceAll('\\|', '|')) }))
  const rows = [cells(lines[at]!, true)]
  let end = at + 2
  while (end < lines.length && lines[end]!.trim() !== '' && lines[end]!.includes('|'))
    rows.push(cells(lines[end++]!, false))
  return { node: { type: 'table', caption: null, rows }, end }
}
