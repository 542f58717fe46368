import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Sampling } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { answered, greedy, requestOf, sample, user } from '../../testing/engineRequests.ts'
import { matchesSchema } from '../../testing/schemaCheck.ts'
import type { JsonSchema } from '../../testing/schemaCheck.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'
import type { AnswerFormat } from '../index.ts'

const folder = tempFolder()
let processes = 0
const engine = createEngine({ spawn: (name) => (processes++, forkWorker(name)), cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

/** Asks for an answer of `format`; drawn with `seed`, greedy without one. */
const ask = async (
  format: AnswerFormat,
  {
    seed = null,
    temperature = seed === null ? 0 : 1,
    maxTokens = 400,
    repeatPenalty = 1,
  }: Partial<Sampling> & { maxTokens?: number } = {},
) => {
  const sampling = { ...greedy, repeatPenalty, temperature, seed }
  const { text, result } = await answered(
    engine,
    requestOf([user(sample('red-circle'), 'What is in the picture?')], { format, maxTokens, sampling }),
  )
  return { text, isFinished: result.finishReason === 'stop' }
}

/** The same for a schema as JavaScript has it. */
const askFor = (schema: JsonSchema, sampling?: Parameters<typeof ask>[1]) =>
  ask({ jsonSchema: JSON.stringify(schema) }, sampling)
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const refusal = (text: RegExp) =>
  expect.objectContaining({
    name: 'AppError',
    code: 'InvalidInput',
    message: expect.stringMatching(text) as string,
  }) as unknown

/** Names and texts with all that has to be escaped, in JSON or in a grammar. */
const text = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom('name', 'a b', '', 'x'.repeat(40)) },
  fc.constantFrom(
    'say "hi"',
    'back\\slash',
    'line\nbreak\ttab\r',
    '\u0000\u0001\u007f',
    'naïve',
    '混合',
    '🚀',
    '\ud800',
    '::= | ( ) [a-z]* {2} # <x>',
    '\u2028',
    '<|im_end|>',
    '__proto__',
  ),
)
const scalar = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
)
const lengths = (least: string, most: string) =>
  fc
    .record({ least: fc.nat(3), more: fc.nat(3), which: fc.nat(2) })
    .map(({ least: low, more, which }) => ({ ...(which !== 1 && { [least]: low }), [most]: low + more }))
const { schema: schemas } = fc.letrec<{ schema: JsonSchema }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.constantFrom<JsonSchema>(
      { type: 'integer' },
      { type: 'number' },
      { type: 'boolean' },
      { type: 'null' },
      { type: ['integer', 'null'] },
      { type: 'object', additionalProperties: false },
    ),
    lengths('minLength', 'maxLength').map((bounds) => ({ type: 'string', ...bounds })),
    scalar.map((value) => ({ const: value })),
    fc
      .array(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }), fc.dictionary(text, scalar, { maxKeys: 2 })), {
        minLength: 1,
        maxLength: 4,
      })
      .map((values) => ({ enum: values })),
    fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((choices) => ({ anyOf: choices })),
    fc
      .tuple(tie('schema'), lengths('minItems', 'maxItems'))
      .map(([items, bounds]) => ({ type: 'array', items, ...bounds })),
    fc.dictionary(text, fc.tuple(tie('schema'), fc.boolean()), { maxKeys: 4 }).map((properties) => ({
      type: 'object',
      properties: Object.fromEntries(Object.entries(properties).map(([name, [value]]) => [name, value])),
      required: Object.entries(properties)
        .filter(([, [, isRequired]]) => isRequired)
        .map(([name]) => name),
      additionalProperties: false,
    })),
    tie('schema').map((values) => ({ type: 'object', additionalProperties: values, properties: {} })),
  ),
}))

describe('a JSON schema', () => {
  test('holds every answer to it, whatever the schema', async () => {
    let finished = 0
    await fc.assert(
      fc.asyncProperty(schemas, fc.nat(1000), async (jsonSchema, seed) => {
        const answer = await askFor(jsonSchema, { seed })
        // llama.cpp counts bytes that are no UTF-8 as characters of its own; only untrained models write such
        if (!answer.isFinished || answer.text.includes('\ufffd')) return
        finished++
        const value: unknown = JSON.parse(answer.text)
        expect(matchesSchema(value, jsonSchema, jsonSchema), `${answer.text} for ${JSON.stringify(jsonSchema)}`).toBe(
          true,
        )
      }),
      { numRuns: 120, seed: 1 },
    )
    expect(finished).toBeGreaterThan(60)
    expect(processes).toBe(1)
  })

  test.each([
    ['escapes', '"\\/\b\f\n\r\t\u0000\u001f'],
    ['other scripts', 'naïve 混合 🚀 \u2028'],
    ['half a surrogate pair', '\ud800'],
    ['grammar signs', '::= | ( ) [a-z]* {2} # <x> \\x41'],
  ])('writes the one text that it allows: %s', async (_name, value) =>
    expect(JSON.parse((await askFor({ const: { [value]: [value] } })).text)).toEqual({ [value]: [value] }),
  )

  test('may leave out what is not required, in any combination, and keeps the order', async () => {
    const jsonSchema: JsonSchema = {
      properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
      required: ['b'],
    }
    const texts = new Set<string>()
    for (let seed = 0; seed < 60; seed++)
      texts.add(JSON.stringify(JSON.parse((await askFor(jsonSchema, { seed, temperature: 5 })).text)))
    expect([...texts].sort()).toEqual(['{"a":1,"b":2,"c":3}', '{"a":1,"b":2}', '{"b":2,"c":3}', '{"b":2}'].sort())
  })

  test('keeps the order of its text and the digits of its numbers', async () => {
    const jsonSchema =
      '{"properties":{"b":{"const":9007199254740993},"10":{"const":[0.10]},"2":{"const":{"z":1,"1":2}}},"required":["b","10","2"]}'
    expect((await ask({ jsonSchema })).text.replace(/\s/g, '')).toBe(
      '{"b":9007199254740993,"10":[0.10],"2":{"z":1,"1":2}}',
    )
  })

  test('of trees ends in trees', async () => {
    const tree: JsonSchema = {
      $ref: '#/$defs/node',
      $defs: {
        node: {
          type: 'object',
          properties: {
            name: { enum: ['a', 'b'] },
            children: { type: 'array', items: { $ref: '#/$defs/node' }, maxItems: 2 },
          },
          required: ['name', 'children'],
        },
      },
    }
    // hot enough that the model writes what the grammar allows, not what it was taught
    let finished = 0
    for (let seed = 0; seed < 16; seed++) {
      const answer = await askFor(tree, { seed, temperature: 20 })
      if (!answer.isFinished) continue
      finished++
      expect(matchesSchema(JSON.parse(answer.text), tree, tree)).toBe(true)
    }
    expect(finished).toBeGreaterThan(0)
  })

  test.each([
    ['string', { type: 'string', minLength: 1200, maxLength: 1250 }, 1200, 1250],
    ['string', { type: 'string', minLength: 20, maxLength: 3000 }, 20, 3000],
    ['array', { type: 'array', items: { const: 7 }, minItems: 40, maxItems: 45 }, 40, 45],
  ] as const)('holds long values to their lengths: %s %o', async (_type, jsonSchema, least, most) => {
    const answer = await askFor(jsonSchema, { maxTokens: 3500, seed: 3 })
    expect(answer.isFinished).toBe(true)
    const value = JSON.parse(answer.text) as string | unknown[]
    expect([...value].length).toBeGreaterThanOrEqual(least)
    expect([...value].length).toBeLessThanOrEqual(most)
  })

  test('that cannot be used is refused, and the next question works', async () => {
    expect(await failure(askFor({ type: 'string', pattern: 'a+' }))).toEqual(refusal(/"pattern"/))
    expect((await askFor({ const: 'yes' })).text.trim()).toBe('"yes"')
  })
})

describe('a grammar', () => {
  test('holds the answer to it', async () => {
    expect((await ask({ grammar: 'root ::= "yes" | "no"' })).text).toMatch(/^(yes|no)$/)
    expect(
      (await ask({ grammar: 'root ::= [A-C]{3} "é🚀" number\nnumber ::= [0-9]+' }, { seed: 4, maxTokens: 12 })).text,
    ).toMatch(/^[A-C]{3}é🚀\d/)
  })

  test('begins with the answer, also when a repetition penalty counts the prompt', async () => {
    expect((await ask({ grammar: 'root ::= "yes" | "no"' }, { repeatPenalty: 1.3 })).text).toMatch(/^(yes|no)$/)
  })

  test.each([
    ['a rule that begins with itself', 'root ::= root "a" | "b"'],
    ['repetitions of nothing', 'root ::= ("" | "a")*'],
    ['too many repetitions', 'root ::= (("a"{1000}){1000}){1000}'],
    ['no grammar at all', 'Answer with yes or no'],
  ])('with %s is refused', async (_name, grammar) =>
    expect(await failure(ask({ grammar }))).toEqual(refusal(/grammar/)),
  )

  test('that nothing can be written for ends the answer, not the process', async () => {
    for (const grammar of ['root ::= []', 'root ::= [^\\x00-\\U0010FFFF]', 'root ::= [\\uD800]'])
      await ask({ grammar }, { maxTokens: 8 })
    expect(processes).toBe(1)
  })
})
