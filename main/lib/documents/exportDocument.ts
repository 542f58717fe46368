import { BESIDE, failureText, formulaAsTex, inlineHtml, tableHtml } from './document.ts'
import type { DocumentBlock, DocumentPage, WriteFormula } from './document.ts'
import { pictureName, textOfInline } from './inline.ts'
import type { DocumentNode, Inline, TableNode } from './tree.ts'

/** The forms in which a document is copied and saved. */
export type DocumentFormat = 'markdown' | 'html' | 'text' | 'json'

/** A document in a form of others. `title`: of its HTML. Running titles, page numbers and the like are in none but JSON. */
export function exportDocument(
  pages: readonly DocumentPage[],
  format: DocumentFormat,
  { title = 'Document', formula = formulaAsTex }: { title?: string; formula?: WriteFormula } = {},
): string {
  if (format === 'markdown') return toMarkdown(pages)
  if (format === 'text') return toText(pages)
  return format === 'html' ? toHtml(pages, title, formula) : toJson(pages)
}

/** What is read of a page, in order. */
export const readingBlocks = ({ blocks }: DocumentPage): DocumentBlock[] =>
  blocks.filter(({ type, nodes }) => !BESIDE.includes(type) && nodes.length > 0)

/** What is written of a page: why it could not be read, if so, then what was read. */
function written(
  page: DocumentPage,
  write: (node: DocumentNode) => string,
  writeFailure: (failure: string) => string,
): string[] {
  const nodes = readingBlocks(page).flatMap((block) => block.nodes)
  const { failure, number } = page
  const told = failure === null ? [] : [writeFailure(failureText(`Page ${number}`, failure, nodes.length > 0))]
  return [...told, ...nodes.map(write)]
}

const joined = (pages: readonly DocumentPage[], write: (page: DocumentPage) => string, between: string): string =>
  pages
    .map(write)
    .map((text) => text.trim())
    .filter((text) => text !== '')
    .join(between)

const toMarkdown = (pages: readonly DocumentPage[]): string =>
  `${joined(
    pages,
    (page) => written(page, markdownOf, (failure) => `*${plainMarkdown(failure)}*`).join('\n\n'),
    '\n\n---\n\n',
  )}\n`

function markdownOf(node: DocumentNode): string {
  switch (node.type) {
    case 'heading':
      return `${'#'.repeat(node.level)} ${inlineMarkdown(node.children).replaceAll('\n', ' ')}`
    case 'paragraph':
      return inlineMarkdown(node.children)
    case 'formula':
      return `$$\n${node.tex}\n$$`
    case 'rule':
      return '---'
    case 'picture':
      return pictureName(node.alt)
    case 'code': {
      const fence = '`'.repeat(Math.max(3, longestRun(node.text) + 1))
      return `${fence}${node.language ?? ''}\n${node.text}\n${fence}`
    }
    case 'quote':
      return indented(node.children.map(markdownOf).join('\n\n'), '> ', '> ')
    case 'list':
      return node.items
        .map((item, i) => {
          const mark = node.start === null ? '- ' : `${node.start + i}. `
          return indented(item.map(markdownOf).join(item.length === 2 ? '\n' : '\n\n'), mark, ' '.repeat(mark.length))
        })
        .join('\n')
    case 'table':
      return tableMarkdown(node)
  }
}

const indented = (text: string, first: string, others: string): string =>
  text
    .split('\n')
    .map((line, i) => (i === 0 ? first + line : line === '' ? others.trimEnd() : others + line))
    .join('\n')

const MARKS = { strong: '**', em: '*', del: '~~' } as const

function inlineMarkdown(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.type === 'break') return '  \n'
      if (node.type === 'text') return plainMarkdown(node.text).replace(/^(#+\s|[-+]\s|>|\d+[.)]\s)/, escapeFirst)
      if (node.type === 'code') return codeMarkdown(node.text)
      if (node.type === 'formula') return `$${node.tex}$`
      if (node.type === 'picture') return pictureName(node.alt)
      const children = 'children' in node ? inlineMarkdown(node.children) : ''
      if (node.type === 'link') return `[${children}](${node.href})`
      if (node.type in MARKS) {
        const mark = MARKS[node.type as keyof typeof MARKS]
        return `${mark}${children}${mark}`
      }
      return `<${node.type}>${children}</${node.type}>`
    })
    .join('')
}

/** Words in which no sign means anything. */
const plainMarkdown = (text: string): string => text.replace(/[\\*_`$<~[\]]/g, '\\$&')

/** Code between more signs than stand together in it. */
function codeMarkdown(text: string): string {
  const fence = '`'.repeat(longestRun(text) + 1)
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${fence}${space}${text}${space}${fence}`
}

const longestRun = (text: string): number =>
  [...text.matchAll(/`+/g)].reduce((longest, [run]) => Math.max(longest, run.length), 0)

const escapeFirst = (start: string): string => (/^\d/.test(start) ? start.replace(/([.)])/, '\\$1') : `\\${start}`)

/** With bars where every row is one line of single cells, as HTML otherwise. */
function tableMarkdown(table: TableNode): string {
  const { rows, caption } = table
  const width = rows[0]?.length ?? 0
  const isPlain = rows.every(
    (row) =>
      row.length === width &&
      row.every(({ columns, rows: height, children }) => columns === 1 && height === 1 && !children.some(isBreak)),
  )
  if (!isPlain || width === 0 || caption) return tableHtml(table)
  const line = (row: TableNode['rows'][number]) =>
    `| ${row.map(({ children }) => inlineMarkdown(children).replaceAll('|', '\\|')).join(' | ')} |`
  const [first, ...others] = rows
  // a table with bars has to have a header
  const hasHeader = first!.some(({ isHeader }) => isHeader)
  const header = hasHeader ? line(first!) : `|${'   |'.repeat(width)}`
  return [header, `|${' --- |'.repeat(width)}`, ...(hasHeader ? others : rows).map(line)].join('\n')
}

const isBreak = ({ type }: Inline): boolean => type === 'break'

const toText = (pages: readonly DocumentPage[]): string =>
  `${joined(
    pages,
    (page) =>
      written(page, textOfNode, (failure) => `[${failure}]`)
        .filter((text) => text !== '')
        .join('\n\n'),
    '\n\n',
  )}\n`

/** A node as plain text: tables with a tab between cells, formulas as LaTeX. */
export function textOfNode(node: DocumentNode): string {
  switch (node.type) {
    case 'heading':
    case 'paragraph':
      return textOfInline(node.children)
    case 'formula':
      return node.tex
    case 'rule':
      return ''
    case 'picture':
      return pictureName(node.alt)
    case 'code':
      return node.text
    case 'quote':
      return node.children.map(textOfNode).join('\n')
    case 'list':
      return node.items
        .map((item, i) => {
          const mark = node.start === null ? '- ' : `${node.start + i}. `
          return indented(item.map(textOfNode).join('\n'), mark, ' '.repeat(mark.length))
        })
        .join('\n')
    case 'table':
      return [
        ...(node.caption ? [textOfInline(node.caption)] : []),
        ...node.rows.map((row) => row.map(({ children }) => textOfInline(children).replace(/\s+/g, ' ')).join('\t')),
      ].join('\n')
  }
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** A node as HTML: elements of this app alone, every word of the model escaped. */
export function htmlOfNode(node: DocumentNode, formula: WriteFormula = formulaAsTex): string {
  switch (node.type) {
    case 'heading':
      return `<h${node.level}>${inlineHtml(node.children, formula)}</h${node.level}>`
    case 'paragraph':
      return `<p>${inlineHtml(node.children, formula)}</p>`
    case 'formula':
      return formula(node.tex, true)
    case 'rule':
      return '<hr>'
    case 'picture':
      return `<p><em>${escapeHtml(pictureName(node.alt))}</em></p>`
    case 'code':
      return `<pre><code>${escapeHtml(node.text)}</code></pre>`
    case 'quote':
      return `<blockquote>${node.children.map((child) => htmlOfNode(child, formula)).join('\n')}</blockquote>`
    case 'list': {
      const items = node.items.map((item) => {
        const only = item[0]
        const inside =
          item.length === 1 && only?.type === 'paragraph'
            ? inlineHtml(only.children, formula)
            : item.map((child) => htmlOfNode(child, formula)).join('\n')
        return `<li>${inside}</li>`
      })
      const start = node.start !== null && node.start !== 1 ? ` start="${node.start}"` : ''
      return node.start === null ? `<ul>\n${items.join('\n')}\n</ul>` : `<ol${start}>\n${items.join('\n')}\n</ol>`
    }
    case 'table':
      return tableHtml(node, formula)
  }
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto}
th,td{border:1px solid #8886;padding:.25rem .5rem;text-align:start;vertical-align:top}
pre{overflow-x:auto;padding:.75rem;border:1px solid #8886}
.formula{overflow-x:auto}
section+section{border-top:1px solid #8886;margin-top:2rem;padding-top:1rem}`

function toHtml(pages: readonly DocumentPage[], title: string, formula: WriteFormula): string {
  const sections = pages.map((page) => {
    const lang = page.language ? ` lang="${escapeHtml(page.language)}"` : ''
    const toHtml = (node: DocumentNode) => htmlOfNode(node, formula)
    const inside = written(page, toHtml, (failure) => `<p><em>${escapeHtml(failure)}</em></p>`).join('\n')
    return `<section${lang}>\n${inside}\n</section>`
  })
  return `<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>
${STYLE}
</style>
</head>
<body>
${sections.join('\n')}
</body>
</html>
`
}

const toJson = (pages: readonly DocumentPage[]): string =>
  `${JSON.stringify(
    {
      pages: pages.map(({ number, language, turned, failure, blocks }) => ({
        number,
        language,
        turned,
        failure,
        blocks: blocks.map(({ type, markdown, box, order }) => ({ type, markdown, box, order })),
      })),
    },
    null,
    2,
  )}\n`
