import { describe, expect, test } from 'vitest'
import { exportDocument, readDocument, readFrontMatter, readLayout, readingBlocks, writeRegion } from './index.ts'
import type { DocumentNode, DocumentPage, Inline, TableNode } from './index.ts'

const only = (pages: readonly DocumentPage[]) => {
  expect(pages).toHaveLength(1)
  return pages[0]!
}
const types = (page: DocumentPage) => page.blocks.map(({ type }) => type)
const tableIn = (page: DocumentPage): TableNode => {
  const node = page.blocks.flatMap<DocumentNode>(({ nodes }) => nodes).find(({ type }) => type === 'table')
  if (node?.type !== 'table') throw new Error('There is no table.')
  return node
}
const cells = ({ rows }: TableNode) =>
  rows.map((row) =>
    row.map(({ children, columns, rows: height }) => {
      const text = children
        .map((child) => ('text' in child ? child.text : child.type === 'formula' ? child.tex : '/'))
        .join('')
      return columns > 1 || height > 1 ? `${text}:${columns}x${height}` : text
    }),
  )

const OLMOCR = `---
primary_language: en
is_rotation_valid: True
rotation_correction: 0
is_table: False
is_diagram: False
---
# Yields of wheat

The mean is \\( \\bar{x} = \\frac{1}{n} \\) for **all** plots, at a price of $5 or $6.

<table>
<thead><tr><th rowspan="2">Plot</th><th colspan="2">Yield</th></tr>
<tr><th>2023</th><th>2024</th></tr></thead>
<tbody><tr><td>North</td><td>4.1</td><td>3.9<br>(wet)</td></tr></tbody>
</table>

![A map of the plots](page_100_200_400_300.png)

\\[
E = mc^2
\\]
`

describe('a page of olmOCR', () => {
  test('has its front matter taken off, and headings, words, tables, figures and formulas as blocks', () => {
    const page = only(readDocument(OLMOCR, 'olmocr', [{ width: 1000, height: 1000 }]))
    expect(page.language).toBe('en')
    expect(types(page)).toEqual(['title', 'text', 'table', 'picture', 'formula'])
    expect(cells(tableIn(page))).toEqual([
      ['Plot:1x2', 'Yield:2x1'],
      ['2023', '2024'],
      ['North', '4.1', '3.9/(wet)'],
    ])
    expect(page.blocks[3]!.box).toEqual({ x1: 0.1, y1: 0.2, x2: 0.5, y2: 0.5 })
    expect(page.blocks[4]!.nodes).toEqual([{ type: 'formula', tex: 'E = mc^2' }])
    const words = page.blocks[1]!.nodes[0]
    expect(words?.type === 'paragraph' && words.children.map(({ type }) => type)).toEqual([
      'text',
      'formula',
      'text',
      'strong',
      'text',
    ])
  })

  test('tells by how much it lies wrong', () => {
    const turned = OLMOCR.replace('valid: True', 'valid: False').replace('correction: 0', 'correction: 270')
    expect(readFrontMatter(turned).front).toMatchObject({ isRotationValid: false, rotation: 270 })
    expect(readFrontMatter('Only words.').body).toBe('Only words.')
    expect(readFrontMatter('---\n\nWords below a rule.').body).toBe('---\n\nWords below a rule.')
    expect(readFrontMatter('---\nprimary_language: null\n---\n').front?.language).toBeNull()
  })

  test('can be cut off anywhere', () => {
    for (let end = 0; end <= OLMOCR.length; end++) {
      const [page] = readDocument(OLMOCR.slice(0, end), 'olmocr')
      expect(JSON.stringify(page!.blocks)).not.toContain('rotation_correction')
      for (const format of ['markdown', 'html', 'text', 'json'] as const) exportDocument([page!], format)
    }
    const half = only(readDocument(OLMOCR.slice(0, OLMOCR.indexOf('3.9')), 'olmocr'))
    expect(cells(tableIn(half)).at(-1)).toEqual(['North', '4.1', ''])
  })
})

describe('a page of Nanonets-OCR2', () => {
  const text = `<page_number>9/22</page_number>

# Consent

☑ I agree
☐ I do not

$$ \\int_0^1 x \\, dx = \\tfrac12 $$

<table><tr><td>Name &amp; date</td><td>☐</td></tr></table>

<img>A round logo with a tree</img>

<signature>J. Doe</signature>
<watermark>OFFICIAL COPY</watermark>
`

  test('has its tags as blocks of their own, and what is no running text stays out of what is read', () => {
    const page = only(readDocument(text, 'nanonets'))
    expect(types(page)).toEqual([
      'page_number',
      'title',
      'text',
      'formula',
      'table',
      'picture',
      'signature',
      'watermark',
    ])
    expect(cells(tableIn(page))).toEqual([['Name & date', '☐']])
    const plain = exportDocument([page], 'text')
    expect(plain).toContain('☑ I agree\n☐ I do not')
    expect(plain).toContain('[Picture: A round logo with a tree]')
    expect(plain).toContain('J. Doe')
    expect(plain).not.toContain('OFFICIAL COPY')
    expect(plain).not.toContain('9/22')
  })

  test('never shows half of a tag while it is written', () => {
    for (let end = 0; end <= text.length; end++) {
      const [page] = readDocument(text.slice(0, end), 'nanonets')
      expect(exportDocument([page!], 'text')).not.toMatch(/<\/?(img|signature|watermark|page)/)
    }
  })
})

describe('a page of MinerU2.5', () => {
  const region = (box: string, type: string, content = '') =>
    writeRegion({ line: `<|box_start|>${box}<|box_end|><|ref_start|>${type}<|ref_end|><|rotate_up|>` }, content)
  const text = [
    region('100 20 900 60', 'header', 'Annals of tests'),
    region('100 080 900 120', 'title', 'On boxes'),
    region('100 140 900 300', 'text', 'Each has \\(x_1\\) and more.'),
    region(
      '100 310 900 500',
      'table',
      '<fcel>Kind<lcel><fcel>Count<nl><fcel>a<fcel>b<fcel>1<nl><ucel><ecel><fcel>2<nl>',
    ),
    region('100 510 900 560', 'equation', '\\[a^2 + b^2\\]'),
    region('100 570 900 800', 'image'),
    region('100 810 900 840', 'image_caption', 'Figure 1'),
    region('480 960 520 980', 'page_number', '7'),
  ].join('')

  test('has each region with its box in reading order; running titles and numbers are not read', () => {
    const page = only(readDocument(text, 'mineru'))
    expect(types(page)).toEqual(['header', 'title', 'text', 'table', 'formula', 'picture', 'caption', 'page_number'])
    expect(page.blocks[1]!.box).toEqual({ x1: 0.1, y1: 0.08, x2: 0.9, y2: 0.12 })
    expect(readingBlocks(page).map(({ type }) => type)).toEqual([
      'title',
      'text',
      'table',
      'formula',
      'picture',
      'caption',
    ])
    expect(cells(tableIn(page))).toEqual([
      ['Kind:2x1', 'Count'],
      ['a:1x2', 'b', '1'],
      ['', '2'],
    ])
    expect(page.blocks[4]!.nodes).toEqual([{ type: 'formula', tex: 'a^2 + b^2' }])
  })

  test('tells how a region lies, and leaves out boxes that are none', () => {
    const layout = [
      '<|box_start|>900 100 100 200<|box_end|><|ref_start|>text<|ref_end|><|rotate_left|>',
      '<|box_start|>0 0 1001 10<|box_end|><|ref_start|>text<|ref_end|>',
      '<|box_start|>5 5 5 10<|box_end|><|ref_start|>text<|ref_end|>',
    ].join('\n')
    expect(readLayout(layout)).toMatchObject([{ turn: 270, box: { x1: 0.1, x2: 0.9 } }])
  })

  test('can be cut off anywhere, and never shows marks of the layout', () => {
    for (let end = 0; end <= text.length; end++) {
      const [page] = readDocument(text.slice(0, end), 'mineru')
      expect(exportDocument([page!], 'text')).not.toMatch(/<\||box_start/)
    }
  })
})

describe('pages', () => {
  test('are divided by form feeds; one that was turned or could not be read says so', () => {
    const text = 'One\n\f\n<!-- turned 90 -->\nTwo\n\f\n<!-- not read: three.png is damaged. -->\n\f\n'
    const pages = readDocument(text, 'markdown')
    expect(pages.map(({ number, turned, failure }) => [number, turned, failure])).toEqual([
      [1, 0, null],
      [2, 90, null],
      [3, 0, 'three.png is damaged.'],
    ])
    expect(pages[1]!.notes[0]).toContain('lay on its side')
    expect(exportDocument(pages, 'text')).toBe('One\n\nTwo\n\n[Page 3 could not be read: three.png is damaged.]\n')
    expect(exportDocument(pages, 'markdown')).toContain('One\n\n---\n\nTwo')
  })
})

describe('exports', () => {
  const hostile = `<script>alert(1)</script> <img src=x onerror=alert(2)>

<table onclick="alert(3)"><tr><td style="x" onmouseover="alert(4)"><iframe src="//x"></iframe>a</td></tr></table>

[click](javascript:alert(5)) \`<b>\` <b onclick="x">bold</b>

$\\href{javascript:alert(6)}{x}$
`
  test('let nothing of the HTML of a model through but tables and how words are set', () => {
    const html = exportDocument(readDocument(hostile, 'markdown'), 'html', { title: '</title><script>' })
    const body = html.slice(html.indexOf('<body>'))
    const tags = [...body.matchAll(/<\/?([a-z\d]+)\b([^>]*)>/gi)].map(([, name, attributes]) => `${name}${attributes}`)
    expect([...new Set(tags)].sort()).toEqual(
      [
        'body',
        'code',
        'html',
        'p',
        'section',
        'span class="formula"',
        'span',
        'strong',
        'table',
        'td',
        'tr',
        'em',
      ].sort(),
    )
    expect(html).not.toContain('</title><script>')
    expect(html).toContain("default-src 'none'")
  })

  test('write Markdown that reads as the same document', () => {
    const source = `# A \\# title

Some *words* with **weight**, \`code\`, $x_1$ and 5 \\* 3.

- one
- two
  - deep

3. three
4. four

| a | b |
| --- | --- |
| 1 | x\\|y |

> said

\`\`\`ts
let a = 1
\`\`\`
`
    const pages = readDocument(source, 'markdown')
    const again = readDocument(exportDocument(pages, 'markdown'), 'markdown')
    const shape = (all: readonly DocumentPage[]) => all[0]!.blocks.map(({ nodes }) => nodes)
    expect(shape(again)).toEqual(shape(pages))
    expect(types(pages[0]!)).toEqual(['title', 'text', 'list', 'list', 'table', 'quote', 'code'])
  })

  test('keep spans of tables as HTML in Markdown, and tell boxes in JSON', () => {
    const pages = readDocument(OLMOCR, 'olmocr', [{ width: 1000, height: 1000 }])
    expect(exportDocument(pages, 'markdown')).toContain('<th colspan="2">Yield</th>')
    const told = JSON.parse(exportDocument(pages, 'json')) as { pages: { blocks: { type: string; box: unknown }[] }[] }
    expect(told.pages[0]!.blocks[3]).toMatchObject({ type: 'picture', box: { x1: 0.1 } })
  })
})

describe('whatever a model writes', () => {
  const nodesOf = (text: string, parser: 'markdown' | 'olmocr' | 'nanonets' | 'mineru' = 'markdown') =>
    readDocument(text, parser).flatMap(({ blocks }) => blocks.flatMap(({ nodes }) => nodes))

  test('what stands deeper in one another than anybody means is read as plain text', () => {
    for (const deep of [
      '> '.repeat(2000),
      '>'.repeat(2000),
      '* + '.repeat(1015),
      '<b>'.repeat(2500),
      '*_'.repeat(2500),
    ]) {
      const pages = readDocument(`${deep}words`, 'markdown')
      for (const format of ['markdown', 'html', 'text', 'json'] as const)
        expect(exportDocument(pages, format)).toContain('words')
    }
    expect(nodesOf('> > a')).toEqual([
      {
        type: 'quote',
        children: [{ type: 'quote', children: [{ type: 'paragraph', children: [{ type: 'text', text: 'a' }] }] }],
      },
    ])
  })

  test('names that every object has mean nothing', () => {
    expect(nodesOf('a <constructor>b</constructor>')).toEqual([
      { type: 'paragraph', children: [{ type: 'text', text: 'a <constructor>b</constructor>' }] },
    ])
    const region = '<|box_start|>100 100 900 200<|box_end|><|ref_start|>constructor<|ref_end|>\nwords'
    expect(readDocument(region, 'mineru')[0]!.blocks[0]).toMatchObject({ type: 'text', markdown: 'words' })
  })

  test('is no sign of Markdown where it was none on the page', () => {
    const paragraph = (...children: Inline[]): DocumentPage => ({
      ...readDocument('x', 'markdown')[0]!,
      blocks: [{ type: 'text', markdown: '', nodes: [{ type: 'paragraph', children }], box: null, order: 0 }],
    })
    const said: Inline[] = [
      { type: 'text', text: '[a](https://b) and > ' },
      { type: 'code', text: 'a `` ` b' },
      { type: 'code', text: '`' },
    ]
    const written = exportDocument([paragraph(...said)], 'markdown')
    expect(written).toBe('\\[a\\](https://b) and > ```a `` ` b```\`\` \` \`\`\n')
    const read = nodesOf(exportDocument([paragraph(said[1]!)], 'markdown'))
    expect(read).toEqual([{ type: 'paragraph', children: [said[1]] }])
    expect(exportDocument([paragraph({ type: 'text', text: '> a' })], 'markdown')).toBe('\\> a\n')
  })

  const long = 30_000
  const repeated = (text: string): string => text.repeat(long / text.length)
  test.each([
    ['spaces in a heading', `# a${' '.repeat(long)}x`],
    ['signs of headings', `# a ${repeated('# ')}x`],
    ['underscores in words', repeated(' _a_b')],
    ['stars that end nothing', repeated(' *a *b')],
    ['backticks', repeated('`')],
    ['backticks of many lengths', Array.from({ length: 240 }, (_, i) => `${'`'.repeat(i + 1)}a`).join('')],
    ['open pictures', repeated('![](')],
    ['an open picture', `![](${'a'.repeat(long)}`],
    ['open links', repeated('[a](')],
    ['open formulas', repeated('\\(a')],
    ['open comments', `a ${repeated('<!--')}`],
    ['open tags', repeated('<b <i ')],
    ['dollars', repeated(' $a$1')],
    ['spaces in a line', `a${' '.repeat(long)}b\nc`],
    ['spaces below a bar', `a | b\n${' '.repeat(long)}x`],
    ['spaces behind a bar of a table', `a | b\n-${' '.repeat(long)}x`],
    ['spaces of an item that a line separator ends', `- ${' '.repeat(long)}x\u2028`],
    ['empty lines in a list', `- a${'\n'.repeat(long)}- b`],
    ['spaces in a cell', `<table><tr><td>a${' '.repeat(long)}b`],
    ['signs in a cell', `<table><tr><td>a${'<'.repeat(long)}>`],
    ['spaces in front matter', `---\nkey: x${' '.repeat(long)}y\u2028\n---\nwords`],
    ['tables', repeated('<table><tr><td>')],
  ])('%s cost no more than their length', (_, text) => {
    const before = process.cpuUsage()
    for (const parser of ['markdown', 'olmocr', 'nanonets', 'mineru'] as const)
      expect(readDocument(text, parser)).toHaveLength(1)
    const { user } = process.cpuUsage(before)
    expect(user / 1e6).toBeLessThan(2)
  })
})
