import type { AnswerParser, Size } from '#contract'
import { readFrontMatter } from './frontMatter.ts'
import { textOfInline } from './inline.ts'
import { readLayout } from './layout.ts'
import type { PlacedRegion } from './layout.ts'
import { readMarkdown } from './markdown.ts'
import { splitPages } from './pages.ts'
import type { PageText } from './pages.ts'
import { inOneLine, readOtsl } from './table.ts'
import type { DocumentNode, Inline, PageBox, TableNode } from './tree.ts'

export type BlockType =
  | 'title'
  | 'text'
  | 'list'
  | 'quote'
  | 'table'
  | 'formula'
  | 'code'
  | 'picture'
  | 'rule'
  | 'caption'
  | 'footnote'
  | 'signature'
  | 'watermark'
  | 'header'
  | 'footer'
  | 'page_number'
  | 'aside'

/** Blocks that stand on a page beside what is read: running titles, numbers, what is in the margin or under the text. */
export const BESIDE: readonly BlockType[] = ['header', 'footer', 'page_number', 'aside', 'watermark']

/** A piece of a page. */
export interface DocumentBlock {
  readonly type: BlockType
  /** What was read, as Markdown; tables as HTML where Markdown has no form for them. Empty: of a region that is not read yet. */
  readonly markdown: string
  readonly nodes: readonly DocumentNode[]
  /** Where it stands on its page, in shares; null: the model does not tell. */
  readonly box: PageBox | null
  /** Its place in the reading order of its page, from 0. */
  readonly order: number
}

export interface DocumentPage {
  /** From 1. */
  readonly number: number
  readonly blocks: readonly DocumentBlock[]
  /** Whether its end was written, as pages of a job end. */
  readonly isWhole: boolean
  /** As the model names it (ISO 639); null: it does not. */
  readonly language: string | null
  /** By how many degrees, against the clock, the page was turned to be read. */
  readonly turned: 0 | 90 | 180 | 270
  /** Why it could not be read, or not as a whole; null: it was. */
  readonly failure: string | null
  /** What has to be known of it, a sentence each. */
  readonly notes: readonly string[]
}

/** How answers of a parser are read, as `AnswerParser` names them; those that are no documents are read as Markdown. */
interface PageReader {
  (text: string, seen: Size | null): { blocks: Omit<DocumentBlock, 'order'>[]; language: string | null }
}

/**
 * Reads an answer that is a document: pages in order, each with its blocks in reading order. The text may end anywhere, as
 * while it is written. `seen`: the pages' pictures as the model got them, in pixels, which olmOCR's places of pictures count.
 */
export function readDocument(
  text: string,
  parser: AnswerParser,
  seen: readonly (Size | null | undefined)[] = [],
): DocumentPage[] {
  return splitPages(text).map((page, i) => {
    const size = seen[i] ?? null
    if (!page.isWhole) return readPage(page, i, parser, size)
    const key = `${i} ${parser} ${size?.width}x${size?.height} ${page.whole}`
    const known = wholePages.get(key) ?? readPage(page, i, parser, size)
    // the latest last: the first is the one that goes
    wholePages.delete(key)
    wholePages.set(key, known)
    if (wholePages.size > MOST_KEPT) wholePages.delete(wholePages.keys().next().value!)
    return known
  })
}

/** Pages that were read lately: while the next one is written, those before it are not read anew with every word. */
const wholePages = new Map<string, DocumentPage>()
const MOST_KEPT = 64

function readPage(page: PageText, index: number, parser: AnswerParser, seen: Size | null): DocumentPage {
  const read: PageReader = readers[parser]
  const { blocks, language } = read(page.text, seen)
  return {
    number: index + 1,
    blocks: blocks.map((block, order) => ({ ...block, order })),
    language,
    isWhole: page.isWhole,
    turned: page.turned,
    failure: page.failure,
    notes: notesOf(page, blocks.length > 0),
  }
}

const SIDES = { 90: 'a quarter turn to the left', 180: 'upside down', 270: 'a quarter turn to the right' } as const

/** What is said of a page that could not be read, or only in part. `which`: the page, as a sentence begins with it. */
export const failureText = (which: string, failure: string, isPart: boolean): string =>
  `${which} could not be read${isPart ? ' as a whole' : ''}: ${failure}`

function notesOf({ turned, failure }: PageText, isPart: boolean): string[] {
  if (failure !== null) return [failureText('This page', failure, isPart)]
  if (turned === 180) return ['This page lay upside down: it was turned and read again.']
  return turned ? [`This page lay on its side: it was given ${SIDES[turned]} and read again.`] : []
}

const typeOfNode: Readonly<Record<DocumentNode['type'], BlockType>> = {
  heading: 'title',
  paragraph: 'text',
  list: 'list',
  quote: 'quote',
  code: 'code',
  formula: 'formula',
  picture: 'picture',
  rule: 'rule',
  table: 'table',
}

const markdownBlocks = (text: string): Omit<DocumentBlock, 'order'>[] =>
  readMarkdown(text).map(({ node, source }) => ({
    type: typeOfNode[node.type],
    markdown: source.trim(),
    nodes: [node],
    box: null,
  }))

/** olmOCR's name of a figure tells its place: page_STARTX_STARTY_WIDTH_HEIGHT.png, in pixels of the picture that it got. */
const FIGURE = /^page_(\d+)_(\d+)_(\d+)_(\d+)\.png$/i

function figureBox(source: string, seen: Size | null): PageBox | null {
  const [x, y, width, height] = (FIGURE.exec(source) ?? []).slice(1).map(Number)
  if (!seen || x === undefined || y === undefined || !width || !height) return null
  const box = { x1: x / seen.width, y1: y / seen.height, x2: (x + width) / seen.width, y2: (y + height) / seen.height }
  // what reaches beyond the page was not counted in its pixels
  return box.x2 <= 1.02 && box.y2 <= 1.02 ? { ...box, x2: Math.min(1, box.x2), y2: Math.min(1, box.y2) } : null
}

const TAGGED = /<(watermark|page_number|signature|img)>([\s\S]*?)(?:<\/\1>|$)|<img\b([^<>]*)\/?>/gi

/** Nanonets-OCR2 sets what is no running text in tags of its own. */
function nanonetsBlocks(text: string): Omit<DocumentBlock, 'order'>[] {
  const blocks: Omit<DocumentBlock, 'order'>[] = []
  let at = 0
  // a tag that is being written is not yet one
  const whole = text.replace(/<\/?[a-z_]{0,12}$/i, '')
  // tags in a table stay there as its words
  const tables = [...whole.matchAll(/<table\b[\s\S]*?(?:<\/table>|$)/gi)]
  const inTable = (index: number) =>
    tables.some((table) => index >= table.index && index < table.index + table[0].length)
  for (const tag of whole.matchAll(TAGGED)) {
    if (inTable(tag.index)) continue
    blocks.push(...markdownBlocks(withoutTags(whole.slice(at, tag.index))))
    at = tag.index + tag[0].length
    const words = (tag[2] ?? /alt\s*=\s*["']([^"']*)/i.exec(tag[3] ?? '')?.[1] ?? '').trim()
    const name = (tag[1] ?? 'img').toLowerCase()
    if (name === 'img') {
      const alt = words.replace(/\s+/g, ' ')
      blocks.push({
        type: 'picture',
        markdown: `![${alt.replace(/[[\]]/g, '')}]()`,
        nodes: [{ type: 'picture', alt, source: '' }],
        box: null,
      })
    } else if (words !== '') blocks.push(plainBlock(name as 'watermark' | 'page_number' | 'signature', words))
  }
  blocks.push(...markdownBlocks(withoutTags(whole.slice(at))))
  return blocks
}

/** Tags without their other half, as a table holds them. */
const withoutTags = (text: string): string => text.replace(/<\/?(?:watermark|page_number|signature)>/gi, '')

function plainBlock(type: BlockType, words: string): Omit<DocumentBlock, 'order'> {
  const children: Inline[] = [{ type: 'text', text: words }]
  return { type, markdown: words, nodes: [{ type: 'paragraph', children }], box: null }
}

/** What MinerU's types of regions are here; those that hold other regions are none. */
const REGION_TYPES: Readonly<Record<string, BlockType | null>> = {
  text: 'text',
  title: 'title',
  table: 'table',
  image: 'picture',
  code: 'code',
  algorithm: 'code',
  header: 'header',
  footer: 'footer',
  page_number: 'page_number',
  page_footnote: 'footnote',
  aside_text: 'aside',
  equation: 'formula',
  equation_block: null,
  ref_text: 'text',
  list: null,
  phonetic: 'text',
  table_caption: 'caption',
  image_caption: 'caption',
  code_caption: 'caption',
  table_footnote: 'footnote',
  image_footnote: 'footnote',
  unknown: 'text',
}

function mineruBlocks(written: string): Omit<DocumentBlock, 'order'>[] {
  const text = withoutHalfLine(written)
  const regions = readLayout(text)
  // an answer without a layout, as of one region that was asked about alone
  const first = regions[0]?.start ?? text.length
  const before = text.slice(0, first)
  return [
    ...(before.trim() === '' ? [] : contentBlocks('text', before)),
    ...regions.flatMap((region, i) => regionBlock(region, text.slice(region.end, regions[i + 1]?.start))),
  ]
}

/** Without a line of the layout, or a mark of it, that is still being written. */
function withoutHalfLine(text: string): string {
  const last = text.lastIndexOf('<|box_start|>')
  const isHalf = last >= 0 && !text.slice(last).includes('<|ref_end|>')
  return (isHalf ? text.slice(0, last) : text).replace(/<(\|\w*\|?|[a-z]{0,4})?$/, '')
}

function regionBlock({ type, box }: PlacedRegion, content: string): Omit<DocumentBlock, 'order'>[] {
  // a model may name any type, such as one that every object has
  const known = Object.hasOwn(REGION_TYPES, type) ? REGION_TYPES[type] : undefined
  if (known === null) return []
  const kind = known ?? 'text'
  const blocks = contentBlocks(kind, content.trim())
  const markdown = blocks.map((block) => block.markdown).join('\n\n')
  if (kind === 'picture')
    return [{ type: kind, markdown: '![]()', nodes: [{ type: 'picture', alt: content.trim(), source: '' }], box }]
  return [{ type: kind, markdown, nodes: blocks.flatMap(({ nodes }) => nodes), box }]
}

/** What was read in a region, by its type. */
function contentBlocks(type: BlockType, content: string): Omit<DocumentBlock, 'order'>[] {
  if (content.trim() === '') return []
  if (type === 'table') {
    const table = readOtsl(content)
    if (table) return [{ type, markdown: tableHtml(table), nodes: [table], box: null }]
  }
  if (type === 'formula') {
    const tex = content
      .trim()
      .replace(/^(\\\[|\$\$)|(\\\]|\$\$)$/g, '')
      .trim()
    return [{ type, markdown: `$$\n${tex}\n$$`, nodes: [{ type: 'formula', tex }], box: null }]
  }
  if (type === 'code') {
    const text = content.trim().replace(/^```\w*\n?|\n?```$/g, '')
    return [{ type, markdown: `\`\`\`\n${text}\n\`\`\``, nodes: [{ type: 'code', language: null, text }], box: null }]
  }
  if (type === 'title') {
    const [block] = markdownBlocks(inOneLine(content.trim().replace(/^#+\s*/, '')))
    const children =
      block?.nodes[0]?.type === 'paragraph'
        ? block.nodes[0].children
        : [{ type: 'text' as const, text: content.trim() }]
    return [
      { type, markdown: `## ${textOfInline(children)}`, nodes: [{ type: 'heading', level: 2, children }], box: null },
    ]
  }
  return markdownBlocks(content)
}

const readers: Readonly<Record<AnswerParser, PageReader>> = {
  olmocr(text, seen) {
    const { front, body } = readFrontMatter(text)
    const blocks = markdownBlocks(body).map((block) => {
      const [node] = block.nodes
      return node?.type === 'picture' ? { ...block, box: figureBox(node.source, seen) } : block
    })
    return { blocks, language: front?.language ?? null }
  },
  nanonets: (text) => ({ blocks: nanonetsBlocks(text), language: null }),
  mineru: (text) => ({ blocks: mineruBlocks(text), language: null }),
  // a table that was asked for alone may come in OTSL
  markdown: (text) => ({
    blocks: /^\s*<(?:fcel|ecel|ched|rhed)>/.test(text) ? contentBlocks('table', text) : markdownBlocks(unfenced(text)),
    language: null,
  }),
  marks: (text) => ({ blocks: markdownBlocks(text), language: null }),
  action: (text) => ({ blocks: markdownBlocks(text), language: null }),
}

/** A model may set the whole page in one fence of Markdown. */
function unfenced(text: string): string {
  const inside = /^\s*```(?:markdown|md)\s*\n([\s\S]*?)(?:\n```\s*)?$/.exec(text)
  return inside ? inside[1]! : text
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** How a formula is written into HTML. `isBlock`: on a line of its own. */
export type WriteFormula = (tex: string, isBlock: boolean) => string

/** As LaTeX between the signs that KaTeX and MathJax look for. */
export const formulaAsTex: WriteFormula = (tex, isBlock) =>
  isBlock ? `<p class="formula">\\[${escapeHtml(tex)}\\]</p>` : `<span class="formula">\\(${escapeHtml(tex)}\\)</span>`

/** Inline parts as HTML: elements of this file alone, every word escaped. */
export function inlineHtml(nodes: readonly Inline[], formula: WriteFormula): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '<br>'
      if (node.type === 'text') return escapeHtml(node.text)
      if (node.type === 'code') return `<code>${escapeHtml(node.text)}</code>`
      if (node.type === 'formula') return formula(node.tex, false)
      if (node.type === 'picture') return `<em>${escapeHtml(node.alt ? `[Picture: ${node.alt}]` : '[Picture]')}</em>`
      const children = 'children' in node ? inlineHtml(node.children, formula) : ''
      return node.type === 'link'
        ? `<a href="${escapeHtml(node.href)}" rel="noreferrer noopener">${children}</a>`
        : `<${node.type}>${children}</${node.type}>`
    })
    .join('')
}

/** A table as HTML that a Markdown file and a page may hold. */
export function tableHtml(table: TableNode, formula: WriteFormula = (tex) => escapeHtml(`$${tex}$`)): string {
  const span = (name: string, count: number) => (count > 1 ? ` ${name}="${count}"` : '')
  const rows = table.rows.map((row) => {
    const cells = row.map(({ isHeader, columns, rows: height, children }) => {
      const tag = isHeader ? 'th' : 'td'
      return `<${tag}${span('colspan', columns)}${span('rowspan', height)}>${inlineHtml(children, formula)}</${tag}>`
    })
    return `<tr>${cells.join('')}</tr>`
  })
  const caption = table.caption ? `<caption>${inlineHtml(table.caption, formula)}</caption>\n` : ''
  return `<table>\n${caption}${rows.join('\n')}\n</table>`
}
