import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPartialJson, tableOf, valueToCsv, valueToJson } from './structured.ts'
import type { Json } from './structured.ts'

const read = (text: string): unknown => readPartialJson(text).value
/** A value as JavaScript has it. */
const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(valueToJson(value as Json)))
/** A value as the window has it. */
const json = (value: unknown): Json => readPartialJson(JSON.stringify(value)).value!

describe('JSON that is being written', () => {
  test.each<[string, unknown]>([
    ['', undefined],
    ['   ', undefined],
    ['[', []],
    ['[{"label": "ca', [{ label: 'ca' }]],
    ['[{"label": "cat", "n', [{ label: 'cat' }]],
    ['[{"label": "cat", "n": ', [{ label: 'cat' }]],
    ['[{"label": "cat", "n": 1', [{ label: 'cat', n: 1 }]],
    ['[{"label": "cat", "n": 12}, {"la', [{ label: 'cat', n: 12 }, {}]],
    ['{"a": tru', {}],
    ['{"a": true', { a: true }],
    ['{"a": "x\\', { a: 'x' }],
    ['{"a": "x\\u00', { a: 'x' }],
    ['{"a": [1, 2', { a: [1, 2] }],
    ['```json\n[1, 2]\n```', [1, 2]],
    ['-', undefined],
    ['no JSON', undefined],
  ])('%s', (text, value) => expect(plain(read(text))).toEqual(value))

  test('is whole only as JSON.parse takes it, and then the same', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"',
      '\\',
      '1',
      '-',
      'true',
      'nul',
      ' ',
      '\n',
      '`',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.array(pieces, { maxLength: 10 }).map((all) => all.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          const { value, isWhole } = readPartialJson(text)
          let parsed: unknown
          try {
            parsed = JSON.parse(text)
          } catch {
            expect(isWhole).toBe(false)
            return
          }
          expect(isWhole).toBe(true)
          expect(plain(value)).toEqual(parsed)
        },
      ),
      { numRuns: 1000 },
    )
  })

  test('grows from the beginning to its end, and never throws on the way', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        let length = 0
        for (let end = 0; end <= text.length; end++) {
          const { value } = readPartialJson(text.slice(0, end))
          const now = value === undefined ? 0 : valueToJson(value).length
          expect(now).toBeGreaterThanOrEqual(Math.min(length, 1))
          length = Math.max(length, now)
          if (value !== undefined) {
            tableOf(value)
            valueToCsv(value)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  test('of hostile depth and length ends', () => {
    for (const piece of ['[', '{"a":', '"', '\\', '[{"a":[', '1,', '[1],'])
      expect(() => readPartialJson(piece.repeat(50_000))).not.toThrow()
    expect(plain(read('{"__proto__": {"x": 1}}'))).toEqual(JSON.parse('{"__proto__": {"x": 1}}'))
  })

  test('tells where its lists and objects stand', () => {
    const text = '[{"a": 1}, {"b": [2]}, {"c'
    const { value, spans } = readPartialJson(text)
    expect((value as object[]).map((item) => text.slice(spans.get(item)!.start, spans.get(item)!.end))).toEqual([
      '{"a": 1}',
      '{"b": [2]}',
      '{"c',
    ])
  })
})

describe('an answer as a table', () => {
  const table = (value: unknown) => {
    const found = tableOf(json(value))
    return found && [found.kind, found.columns, ...found.rows]
  }

  test('of a list of flat objects, with all their names', () => {
    expect(
      table([
        { label: 'cat', bbox_2d: [1, 2, 3, 4] },
        { label: 'dog', sure: false },
      ]),
    ).toEqual(['rows', ['label', 'bbox_2d', 'sure'], ['cat', '1, 2, 3, 4', null], ['dog', null, false]])
    expect(table({ objects: [{ a: 1 }] })).toEqual(['rows', ['a'], [1]])
    expect(table([])).toEqual(['rows', []])
  })

  test('of columns and rows, however long each is', () => {
    expect(table({ columns: ['Item', 'Price'], rows: [['Tea', 2], ['Cake'], ['Jam', 3, 'new']] })).toEqual([
      'rows',
      ['Item', 'Price', ''],
      ['Tea', 2, null],
      ['Cake', null, null],
      ['Jam', 3, 'new'],
    ])
    expect(table({ columns: ['Item'] })).toEqual(['rows', ['Item']])
  })

  test('of plain values, and of one object', () => {
    expect(table(['a', 2, null])).toEqual(['rows', ['value'], ['a'], [2], [null]])
    expect(table({ answer: 'yes', reason: 'It is red.' })).toEqual([
      'fields',
      ['answer', 'reason'],
      ['yes', 'It is red.'],
    ])
    expect(table({ answer: 'yes', corners: [1, 2] })).toEqual(['fields', ['answer', 'corners'], ['yes', '1, 2']])
  })

  test('is none of what is nested, and of a single value', () => {
    for (const other of [[{ a: { b: 1 } }], { a: [{ b: { c: 1 } }] }, { a: { b: 1 } }, [[1], [2]], 'text', 3, null])
      expect(tableOf(json(other))).toBeNull()
  })
})

test('a tree is exported as its values with the ways to them', () => {
  expect(valueToCsv(json({ pages: [{ title: 'One', marks: { a: -1 } }], done: true }))).toBe(
    'path,value\r\npages[0].title,One\r\npages[0].marks.a,-1\r\ndone,true\r\n',
  )
  expect(valueToCsv(json([{ label: '=cat', n: 1 }]))).toBe("label,n\r\n'=cat,1\r\n")
  expect(valueToCsv('yes')).toBe('path,value\r\n,yes\r\n')
})

test('names that look like numbers keep their order, and integers their digits', () => {
  const text =
    '{\n  "b": 9007199254740993,\n  "10": [],\n  "2": {\n    "__proto__": [\n      -12345678901234567890,\n      0.5\n    ],\n    "1": {}\n  }\n}\n'
  const { value } = readPartialJson(text)
  expect(valueToJson(value!)).toBe(text)
  const rows = readPartialJson('[{"b": 9007199254740993, "10": 1, "2": "x"}]').value!
  expect(tableOf(rows)).toMatchObject({ columns: ['b', '10', '2'] })
  expect(valueToCsv(rows)).toBe('b,10,2\r\n9007199254740993,1,x\r\n')
})

test('a value is saved as JSON.stringify writes it', () => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      (value) =>
        void expect(valueToJson(json(value))).toBe(`${JSON.stringify(JSON.parse(JSON.stringify(value)), null, 2)}\n`),
    ),
  )
})
