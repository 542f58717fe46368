import fc from 'fast-check'
import { expect, test } from 'vitest'
import { toCsv } from './csv.ts'

/** Reads CSV as RFC 4180 says. */
function parse(text: string): string[][] {
  const rows: string[][] = []
  let at = 0
  while (at < text.length) {
    const row: string[] = []
    for (;;) {
      let cell = ''
      if (text[at] === '"') {
        for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
          cell += text[at]
          if (text[at] === '"') at++
        }
        at++
      } else for (; at < text.length && text[at] !== ',' && !text.startsWith('\r\n', at); at++) cell += text[at]
      row.push(cell)
      if (text[at] !== ',') break
      at++
    }
    if (!text.startsWith('\r\n', at)) throw new Error(`No line end at ${at}`)
    at += 2
    rows.push(row)
  }
  return rows
}

const texts = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(
    'a,b',
    'say "hi"',
    'two\r\nlines',
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '',
    '＝1',
    '漢字',
    "'quoted'",
  ),
)
const cells = fc.oneof(texts, fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null))

test('what is written is read again, with what would be a formula behind an apostrophe', () => {
  const tables = fc
    .integer({ min: 1, max: 4 })
    .chain((width) => fc.array(fc.array(cells, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 5 }))
  fc.assert(
    fc.property(tables, ([columns, ...rows]) => {
      const read = parse(toCsv(columns!.map(String), rows))
      const shown = (value: unknown) =>
        typeof value === 'string' && /^[=+\-@\t\r\n＝＋－＠]/.test(value)
          ? `'${value}`
          : value === null
            ? ''
            : String(value)
      expect(read).toEqual([columns!.map((name) => shown(String(name))), ...rows.map((row) => row.map(shown))])
    }),
  )
})

test('no cell is a formula; numbers stay numbers', () => {
  expect(toCsv(['=a'], [['=1+1'], ['@x'], ['-2'], [-2], ['+49 30'], ['\t=1']])).toBe(
    "'=a\r\n'=1+1\r\n'@x\r\n'-2\r\n-2\r\n'+49 30\r\n'\t=1\r\n",
  )
})

test('a row of one empty cell is a row', () => expect(toCsv(['a'], [['']])).toBe('a\r\n""\r\n'))
