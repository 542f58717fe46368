import type { AppError } from '#contract'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { JsonNumber, outlineOf, parseJson, readSchema, writeJson } from './jsonSchema.ts'

describe('where a text is no JSON', () => {
  test.each([
    ['', 1, 1, 'a value is expected'],
    ['{', 1, 2, 'a name in quotes or } is expected'],
    ['{"a" 1}', 1, 6, 'a colon is expected'],
    ['{\n  "a": 1,\n}', 3, 1, 'a name in quotes is expected'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'a comma or } is expected'],
    ['[1 2]', 1, 4, 'a comma or ] is expected'],
    ['[1,]', 1, 4, 'a value is expected'],
    ['[,', 1, 2, 'a value or ] is expected'],
    ['{"a": tru}', 1, 7, 'a value is expected'],
    ['{"a": 01}', 1, 7, 'a value is expected'],
    ['{"a": "b}', 1, 7, 'this text does not end, or holds what must be escaped'],
    ["{'a': 1}", 1, 2, 'a name in quotes or } is expected'],
    ['{} {}', 1, 4, 'nothing more is expected'],
    ['漢"', 1, 1, 'a value is expected'],
  ])('%s', (text, line, column, what) => expect(outlineOf(text).problem).toEqual({ line, column, what }))

  test('says yes to whatever JSON.parse takes, and no to what it does not', () => {
    const parses = (text: string) => {
      try {
        JSON.parse(text)
        return true
      } catch {
        return false
      }
    }
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
      '0',
      '.5',
      'e3',
      'true',
      'null',
      'x',
      ' ',
      '\n',
      '\u00a0',
      '\u0001',
    )
    const texts = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
      fc.json(),
      fc.string({ unit: 'binary' }),
    )
    const agrees = (text: string) => (outlineOf(text).problem === null) === parses(text)
    fc.assert(fc.property(texts, agrees), { numRuns: 4000 })
  })

  test('any depth and length is read', () => {
    expect(outlineOf('['.repeat(200_000) + ']'.repeat(200_000))).toEqual({ depth: 200_000, problem: null })
    expect(outlineOf(`"${'a'.repeat(1_000_000)}"`).problem).toBeNull()
  })
})

describe('a schema', () => {
  const refusal = (text: string) => {
    try {
      readSchema(text, 'The schema')
    } catch (error) {
      return (error as AppError).toInfo()
    }
    throw new Error('It was taken.')
  }

  test('is an object, true or false', () => {
    expect(readSchema('{"type":"object"}', 'The schema')).toEqual(new Map([['type', 'object']]))
    expect(readSchema(' true ', 'The schema')).toBe(true)
    for (const other of ['[]', 'null', '1', '"object"'])
      expect(refusal(other)).toMatchObject({
        code: 'InvalidInput',
        message: expect.stringMatching(/does not hold a JSON schema/) as string,
      })
  })

  test('that is no JSON is refused with its place, one without end for its depth', () => {
    expect(refusal('{\n"type" "object"}')).toEqual({
      code: 'InvalidInput',
      message: 'The schema is not valid JSON: line 2, column 8: a colon is expected.',
      detail: { line: 2, column: 8 },
      text: {
        message: '{0} is not valid JSON: line {1}, column {2}: {3}.',
        values: { 0: 'The schema', 1: 2, 2: 8, 3: 'a colon is expected' },
      },
    })
    expect(refusal('{"items":'.repeat(50_000) + 'true' + '}'.repeat(50_000)).message).toMatch(/nested too deeply/)
  })
})

describe('JSON as its text has it', () => {
  test('members keep their order, also where a name looks like a number; of two of one name the last counts', () => {
    const text = '{"b":1,"10":2,"2":{"1":[],"0":{}},"__proto__":3,"":4}'
    expect(writeJson(parseJson(text))).toBe(text)
    expect(writeJson(parseJson('{"a":1,"b":2,"a":3}'))).toBe('{"a":3,"b":2}')
  })

  test('numbers keep their digits', () => {
    for (const number of [
      '9007199254740993',
      '-123456789012345678901234567890',
      '1.0',
      '0.1234567890123456789',
      '1e400',
      '-0',
      '1E-7',
    ])
      expect(writeJson(parseJson(number))).toBe(number)
  })

  test.each([
    ['9007199254740993', true],
    ['1.0', true],
    ['1.50', false],
    ['1e2', true],
    ['1.25e2', true],
    ['1.25e1', false],
    ['100e-2', true],
    ['1e400', true],
    ['1e-400', false],
    ['-0', true],
    ['0.1', false],
  ])('whether %s is an integer: %s', (source, isInteger) => expect(new JsonNumber(source).isInteger).toBe(isInteger))

  test('reads and writes whatever JSON.parse and JSON.stringify do', () => {
    const isKept = (text: string) => expect(JSON.parse(writeJson(parseJson(text)))).toEqual(JSON.parse(text))
    fc.assert(fc.property(fc.json(), (text) => void isKept(text)))
    fc.assert(fc.property(fc.jsonValue(), (value) => void isKept(JSON.stringify(value, null, 2))))
  })

  test('what is no JSON is refused with its place', () =>
    expect(() => parseJson('{"a":\n}')).toThrow('line 2, column 1: a value is expected'))
})
