import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../testing/schemaCheck.ts'
import { toGrammar } from './grammar.ts'

const grammarOf = (schema: JsonSchema) => toGrammar({ jsonSchema: JSON.stringify(schema) })
const refusal = (text: RegExp) =>
  expect.objectContaining({
    name: 'AppError',
    code: 'InvalidInput',
    message: expect.stringMatching(text) as string,
  }) as unknown
const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}
const nested = (depth: number): JsonSchema =>
  JSON.parse('{"type":"array","items":'.repeat(depth) + 'true' + '}'.repeat(depth)) as JsonSchema

describe('a schema that a grammar cannot hold is refused, and the message names the cause', () => {
  test.each<[string, JsonSchema, RegExp]>([
    ['false', false, /the schema is not a schema that allows anything/],
    ['an unknown type', { type: 'text' }, /unknown type "text"/],
    ['a type of an object', { type: 'toString' }, /unknown type "toString"/],
    ['no type', { type: [] }, /allows no type/],
    ['a pattern', { type: 'string', pattern: '^a' }, /"pattern"/],
    ['a range', { properties: { age: { type: 'integer', minimum: 0 } } }, /"age" uses "minimum"/],
    ['a keyword without its type', { minLength: 2 }, /"minLength"/],
    ['a misspelt keyword', { type: 'string', maxlength: 2 }, /"maxlength"\. The keyword is written "maxLength"/],
    ['a condition', { if: { type: 'string' }, then: { maxLength: 2 } }, /"if"/],
    ['a bound of an older draft', { type: 'number', minimum: 1, exclusiveMinimum: true }, /"minimum"/],
    ['names by pattern', { type: 'object', patternProperties: { '^x': true } }, /"patternProperties"/],
    ['items by position', { type: 'array', prefixItems: [true] }, /"prefixItems"/],
    ['different items', { type: 'array', uniqueItems: true }, /"uniqueItems"/],
    ['not', { not: { type: 'string' } }, /"not"/],
    ['several schemas at once', { allOf: [{ type: 'string' }, { maxLength: 3 }] }, /"allOf"/],
    ['an empty enum', { enum: [] }, /enum of the schema has no value/],
    ['an enum of another type', { type: 'string', enum: [1, null] }, /enum of the schema has no value of its type/],
    ['a const of another type', { type: 'integer', const: 1.5 }, /const of the schema/],
    ['choices that are no list', { anyOf: {} }, /anyOf of the schema is not a list/],
    ['choices beside properties', { properties: { a: true }, anyOf: [{ required: ['a'] }] }, /"properties"/],
    ['a choice of another type', { type: 'string', anyOf: [{ type: 'integer' }] }, /choice 1 has another type/],
    ['a length that is no number', { type: 'string', maxLength: '3' }, /whole number/],
    ['a length of more than 10,000', { type: 'array', minItems: 10_001 }, /whole number up to 10,000/],
    ['a least length above the most', { type: 'string', minLength: 3, maxLength: 2 }, /least length/],
    [
      'a required property that is not allowed',
      { type: 'object', required: ['a'], additionalProperties: false },
      /requires "a"/,
    ],
    [
      'a property that must not be there and is required',
      { properties: { a: false }, required: ['a'] },
      /"a" is not a schema that allows anything/,
    ],
    ['a $ref elsewhere', { $ref: 'https://example.org/schema' }, /does not point into the schema/],
    ['a $ref to an anchor', { $ref: '#name' }, /does not point into the schema/],
    ['a $ref to nothing', { $ref: '#/$defs/a' }, /names nothing/],
    ['a $ref to what every object has', { $ref: '#/toString' }, /names nothing/],
    ['a $ref with bad escapes', { $ref: '#/%zz' }, /names nothing/],
    [
      'a $ref beside other keywords',
      { $ref: '#/$defs/a', minLength: 1, $defs: { a: { type: 'string' } } },
      /"minLength"/,
    ],
    ['a $ref to itself', { $ref: '#' }, /# refers to itself/],
    [
      'a $ref to itself through choices',
      {
        $defs: { a: { anyOf: [{ type: 'null' }, { $ref: '#/$defs/b' }] }, b: { oneOf: [{ $ref: '#/$defs/a' }] } },
        $ref: '#/$defs/a',
      },
      /refers to itself/,
    ],
    [
      'a loop that another value leads into',
      {
        $defs: {
          a: { anyOf: [{ properties: { x: { $ref: '#/$defs/b' } } }, { $ref: '#/$defs/b' }] },
          b: { anyOf: [{ $ref: '#/$defs/a' }, true] },
        },
        $ref: '#/$defs/a',
      },
      /refers to itself/,
    ],
    [
      'values that never end',
      { type: 'object', properties: { next: { $ref: '#' } }, required: ['next'] },
      /could ever end/,
    ],
    ['lists that never end', { type: 'array', items: { $ref: '#' }, minItems: 1 }, /could ever end/],
    ['deep nesting', nested(500), /nested too deeply/],
    [
      'too many properties',
      { properties: Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`p${i}`, true])) },
      /too large/,
    ],
  ])('%s', (_name, schema, text) => expect(thrown(() => grammarOf(schema))).toEqual(refusal(text)))
})

describe('a schema that a grammar can hold', () => {
  test.each<[string, JsonSchema]>([
    ['anything', true],
    [
      'annotations',
      { $schema: 'x', title: 'T', description: 'D', type: 'string', format: 'date', default: 1, examples: [] },
    ],
    [
      'what OpenAPI, pydantic and others write beside it',
      {
        $comment: 'c',
        $anchor: 'a',
        title: 'T',
        deprecated: true,
        readOnly: true,
        nullable: true,
        example: 'x',
        examples: ['x'],
        xml: { name: 'x' },
        externalDocs: { url: 'x' },
        discriminator: { propertyName: 'kind' },
        'x-order': 1,
        contentSchema: {},
        markdownDescription: 'm',
        then: {},
        type: 'string',
      },
    ],
    [
      'annotations beside a $ref, const, enum and choices',
      {
        nullable: true,
        oneOf: [
          { $ref: '#/$defs/a', description: 'D', nullable: true },
          { const: 1, example: 1 },
          { enum: [2], 'x-enum': ['two'] },
        ],
        discriminator: {},
        $defs: { a: { type: 'null' } },
      },
    ],
    [
      'keywords of other types than its own',
      { type: ['object', 'null'], properties: { a: { type: ['string', 'integer'], maxLength: 3 } } },
    ],
    ['a $ref to a member of a list', { anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#/anyOf/0' } }] }],
    ['a $ref with escapes', { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': { type: 'null' } } }],
    [
      'recursion that can end',
      {
        type: 'object',
        properties: { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
        required: ['value', 'next'],
      },
    ],
    ['one schema in allOf', { allOf: [{ type: 'string' }] }],
    ['the deepest nesting', nested(90)],
  ])('%s', (_name, schema) => expect(grammarOf(schema)).toMatch(/^root ::= /))

  test('"nullable" of OpenAPI is an annotation: null is allowed only by "type"', () => {
    expect(grammarOf({ const: 'a', nullable: true })).toMatch(/^root ::= r0$/m)
    expect(grammarOf({ type: 'string', nullable: true })).toMatch(/^root ::= string$/m)
    expect(grammarOf({ type: ['string', 'null'] })).toContain('string | null')
  })

  test('properties come in the order of the text, also names that look like numbers', () => {
    const grammar = toGrammar({
      jsonSchema:
        '{"properties":{"reason":{"const":0},"2024":{"const":1},"10":{"const":2},"2":{"const":3}},"required":["reason","2024","10","2"]}',
    })
    const order = Array.from(grammar.matchAll(/^r\d+ ::= "\\"(\w+)\\"" ws ":"/gm), ([, name]) => name)
    expect(order).toEqual(['reason', '2024', '10', '2'])
  })

  test('numbers are written with all their digits', () => {
    const grammar = toGrammar({
      jsonSchema: '{"type":"integer","enum":[9007199254740993,-12345678901234567890,1e400,2.0]}',
    })
    expect(grammar).toContain('("9007199254740993" | "-12345678901234567890" | "1e400" | "2.0") ws')
  })

  test('every rule that is used is there, once', () => {
    const grammar = grammarOf({
      type: 'object',
      properties: { 'a "quoted" ::= name': { $ref: '#' }, b: { type: 'array', items: { enum: ['::=', 'r0'] } } },
    })
    const names = grammar.split('\n').map((line) => line.slice(0, line.indexOf(' ::= ')))
    expect(new Set(names).size).toBe(names.length)
    const used = grammar.split('\n').flatMap(
      (line) =>
        line
          .slice(line.indexOf(' ::= '))
          .replace(/"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]/g, '')
          .match(/[a-z]\w*/g) ?? [],
    )
    expect(used.filter((name) => !names.includes(name))).toEqual([])
  })
})

describe('a grammar that llama.cpp cannot read, or would not survive, is refused, and the message says where', () => {
  test.each<[string, string, RegExp]>([
    ['an empty one', ' \n', /rule root is missing/],
    ['no grammar at all', 'Answer with yes or no', /line 1: ::= is missing after Answer/],
    ['a name with _', 'root ::= a_b\na ::= "x"', /line 1: "_" cannot stand here/],
    ['no root', '# nothing\nanswer ::= "yes"', /rule root is missing/],
    ['a rule that is not there', 'root ::= "a" (b | c)\nb ::= "x"', /rule c is missing/],
    ['an open text', 'root ::= "yes\n', /line 1: a text in quotes does not end/],
    ['an unknown escape', 'root ::=\n  "\\q"', /line 2: .*unknown escape/],
    ['an open class', 'root ::= [a-z', /class in brackets/],
    ['an open group', 'root ::= ("yes"\n', /line 2: \) is missing/],
    ['a group too many', 'root ::= "yes")', /"\)" cannot stand here/],
    ['a repetition of nothing', 'root ::= ""*', /nothing before \*/],
    ['a repetition that is no number', 'root ::= "a"{,3}', /\{n,m\}/],
    ['an open token', 'root ::= <[3]', /a token is written/],
    ['a zero byte', 'root ::= "a\0b"', /zero byte/],
    ['groups nested too deeply', `root ::= ${'('.repeat(300)}"a"${')'.repeat(300)}`, /nested more than 200 deep/],
    ['deep groups behind a text that goes over two lines', `root ::= "\n" ${'('.repeat(300)}`, /nested/],
    ['deep groups behind a comment', `root ::= ("a" # "\r${'('.repeat(300)}`, /nested/],
    ['deep groups behind a token', `root ::= <"> ${'('.repeat(300)}`, /nested/],
    ['a million groups', `root ::= ${'('.repeat(1_000_000)}`, /nested/],
    ['too many rules', Array.from({ length: 10_001 }, (_, i) => `r${i} ::= "a"`).join('\n'), /rules/],
    ['too many characters', `root ::= "${'a'.repeat(1 << 20)}"`, /characters/],
  ])('%s', (_name, grammar, text) => expect(thrown(() => toGrammar({ grammar }))).toEqual(refusal(text)))

  test.each([
    'root ::= "yes" | "no"\r\n',
    'root ::= (\n  "a" # one\n  | b{2,}\n)+ c? !<[3]> <x>\nb ::= [^\\]\\x41-\\U0001F680]{ 1 , 2 } |\n .\n\nc   ::= "\\u00e9\\"\\t"',
    'root ::= |',
    'root ::= "over\ntwo lines"',
  ])('%j is read', (grammar) => expect(toGrammar({ grammar })).toBe(grammar))

  test('parentheses in texts, classes and comments are no groups', () => {
    const grammar = `root ::= "${'('.repeat(300)}" [${'('.repeat(300)}] # ${'('.repeat(300)}`
    expect(toGrammar({ grammar })).toBe(grammar)
  })
})
