import { JsonNumber, isJsonObject, writeJson } from '../../lib/jsonSchema.ts'
import type { Json, JsonObject, JsonSchema } from '../../lib/jsonSchema.ts'
import { SchemaReferences, checkKeywords, namesOf, refuse, typesOf } from './schemaKeywords.ts'

/**
 * Rules that every JSON grammar shares. At most one blank or line between tokens, so that an answer cannot run on in
 * them; numbers that fit a double; no halves of surrogate pairs, so that every `char` is one character.
 */
const COMMON: Readonly<Record<string, string>> = {
  ws: '| " " | "\\n" [ \\t]{0,20}',
  boolean: '("true" | "false") ws',
  null: '"null" ws',
  hex: '[0-9a-fA-F]',
  escape: '["\\\\bfnrt/] | "u" ([0-9a-cA-CefEF] hex | [dD] [0-7]) hex hex',
  char: '[^"\\\\\\x7F\\x00-\\x1F] | [\\\\] escape',
  string: '"\\"" char* "\\"" ws',
  digits: '"0" | [1-9] [0-9]{0,14}',
  integer: '"-"? digits ws',
  number: '"-"? digits ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,2})? ws',
  array: '"[" ws (value ("," ws value)*)? "]" ws',
  object: '"{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws',
  value: 'object | array | string | number | boolean | null',
}
const MAX_RULES = 5000
const MAX_DEPTH = 100
const MAX_LENGTH = 10_000
/** llama.cpp reads repetitions of up to 2,000 of one symbol. */
const MAX_REPETITION = 1000

/**
 * A GBNF grammar that accepts JSON of the given schema only: types, properties with their required ones, arrays with
 * lengths, strings with lengths, enum, const, anyOf, oneOf (as anyOf) and local $ref. Properties come in the order of the
 * schema; beside them only those that `additionalProperties` asks for in an object without any.
 * @throws AppError InvalidInput for what cannot be held by a grammar, naming the keyword.
 */
export function schemaToGrammar(schema: JsonSchema): string {
  return new GrammarBuilder(schema).build()
}

/** Where a schema stands: its name for errors, how deep, and the $ref whose value begins with it; null: something comes before it. */
interface Place {
  readonly name: string
  readonly depth: number
  readonly head: string | null
}

class GrammarBuilder {
  private readonly root: JsonSchema
  private readonly rules = new Map<string, string>()
  private readonly references: SchemaReferences

  constructor(root: JsonSchema) {
    this.root = root
    this.references = new SchemaReferences(root)
  }

  build(): string {
    const body = this.visit(this.root, { name: 'the schema', depth: 0, head: null })
    this.references.check()
    const rules = [['root', body], ...Object.entries(COMMON), ...this.rules]
    return rules.map(([name, text]) => `${name} ::= ${text}`).join('\n')
  }

  /** The expression for a schema; objects, arrays and alternatives become rules of their own. */
  private visit(schema: Json, place: Place): string {
    const { name } = place
    if (schema === true) return 'value'
    if (!isJsonObject(schema)) throw refuse(`${name} is not a schema that allows anything.`)
    if (place.depth > MAX_DEPTH) throw refuse('it is nested too deeply.')
    if (schema.has('$ref')) return this.reference(schema, place)
    if (schema.has('const')) return this.literals([schema.get('const')!], 'const', schema, place)
    if (schema.has('enum')) return this.literals(schema.get('enum')!, 'enum', schema, place)
    for (const keyword of ['anyOf', 'oneOf', 'allOf'] as const)
      if (schema.has(keyword)) return this.choices(keyword, schema, place)
    const types = typesOf(schema, name)
    if (types === null) {
      checkKeywords(schema, null, name)
      return 'value'
    }
    if (types.length === 1) return this.type(types[0]!, schema, place)
    return this.rule(types.map((type) => this.type(type, schema, place)).join(' | '))
  }

  private type(type: string, schema: JsonObject, place: Place): string {
    checkKeywords(schema, type, place.name)
    switch (type) {
      case 'object':
        return this.object(schema, place)
      case 'array':
        return this.array(schema, place)
      case 'string':
        return this.string(schema, place)
      default:
        return type
    }
  }

  private literals(values: Json, keyword: string, schema: JsonObject, { name }: Place): string {
    checkKeywords(schema, null, name, ['type', keyword])
    const types = typesOf(schema, name)
    const allowed = Array.isArray(values)
      ? (values as readonly Json[]).filter((value) => types === null || types.some((type) => isOf(type, value)))
      : []
    if (allowed.length === 0) throw refuse(`the ${keyword} of ${name} has no value of its type.`)
    return this.rule(`(${allowed.map((value) => literal(writeJson(value))).join(' | ')}) ws`)
  }

  private choices(keyword: string, schema: JsonObject, place: Place): string {
    const { name } = place
    checkKeywords(schema, null, name, ['type', keyword])
    const choices = schema.get(keyword)
    if (!Array.isArray(choices) || choices.length === 0)
      throw refuse(`the ${keyword} of ${name} is not a list of schemas.`)
    if (keyword === 'allOf' && choices.length > 1)
      throw refuse(`${name} uses "allOf" with several schemas, which an answer cannot be held to. Write them as one.`)
    const types = typesOf(schema, name)
    const texts = choices.map((choice: Json, i) => {
      const where = { ...place, name: `${name}, choice ${i + 1}`, depth: place.depth + 1 }
      if (types === null || !isJsonObject(choice)) return this.visit(choice, where)
      const own = typesOf(choice, where.name)
      if (own?.some((type) => !types.includes(type))) throw refuse(`${where.name} has another type than ${name}.`)
      return this.visit(own ? choice : new Map([...choice, ['type', schema.get('type')!]]), where)
    })
    return this.rule(texts.join(' | '))
  }

  private object(schema: JsonObject, place: Place): string {
    const others = schema.get('additionalProperties') ?? true
    const inside = (name: string): Place => ({ name, depth: place.depth + 1, head: null })
    const required = new Set(namesOf(schema.get('required')))
    const named = schema.get('properties')
    const properties = new Map(isJsonObject(named) ? named : [])
    for (const name of required) {
      if (properties.has(name)) continue
      if (others === false) throw refuse(`${place.name} requires "${name}", which it does not allow.`)
      properties.set(name, others)
    }
    if (properties.size === 0) return this.map(others, inside(`a property of ${place.name}`))
    const pairs = [...properties]
      .filter(([name, value]) => value !== false || required.has(name))
      .map(([name, value]) => ({
        text: this.rule(`${literal(JSON.stringify(name))} ws ":" ws ${this.visit(value, inside(`"${name}"`))}`),
        isRequired: required.has(name),
      }))
    // rest[i]: what may follow once a property before i was written
    const rest: string[] = Array.from({ length: pairs.length + 1 }, () => '""')
    for (let i = pairs.length - 1; i > 0; i--) {
      const { text, isRequired } = pairs[i]!
      const next = `"," ws ${text} ${rest[i + 1]!}`
      rest[i] = this.rule(isRequired ? next : `${next} | ${rest[i + 1]!}`)
    }
    const starts: string[] = []
    for (const [i, { text, isRequired }] of pairs.entries()) {
      starts.push(`${text} ${rest[i + 1]!}`)
      if (isRequired) break
    }
    if (required.size === 0) starts.push('""')
    return this.rule(`"{" ws (${starts.join(' | ')}) "}" ws`)
  }

  /** An object of any properties whose values follow one schema. */
  private map(values: Json, place: Place): string {
    if (values === false) return this.rule('"{" ws "}" ws')
    if (values === true) return 'object'
    const pair = this.rule(`string ":" ws ${this.visit(values, place)}`)
    return this.rule(`"{" ws (${pair} ("," ws ${pair})*)? "}" ws`)
  }

  private array(schema: JsonObject, place: Place): string {
    const { name } = place
    const [least, most] = lengths(schema.get('minItems'), schema.get('maxItems'), name)
    if (most === 0 || (schema.get('items') === false && least === 0)) return this.rule('"[" ws "]" ws')
    const item = this.rule(
      this.visit(schema.get('items') ?? true, { name: `an item of ${name}`, depth: place.depth + 1, head: null }),
    )
    const next = this.rule(`"," ws ${item}`)
    const more = repeated(next, Math.max(0, least - 1), most === null ? null : most - 1)
    return this.rule(`"[" ws ${least > 0 ? `${item} ${more}` : `(${item} ${more})?`} "]" ws`)
  }

  private string(schema: JsonObject, { name }: Place): string {
    if (!schema.has('minLength') && !schema.has('maxLength')) return 'string'
    const [least, most] = lengths(schema.get('minLength'), schema.get('maxLength'), name)
    return this.rule(`"\\"" ${repeated('char', least, most)} "\\"" ws`)
  }

  private reference(schema: JsonObject, { name, depth, head }: Place): string {
    checkKeywords(schema, null, name, ['$ref'])
    const pointer = String(schema.get('$ref'))
    const { rule, target, isNew } = this.references.enter(pointer, head)
    if (isNew) this.rules.set(rule, this.visit(target, { name: pointer, depth: depth + 1, head: pointer }))
    return rule
  }

  private rule(text: string): string {
    if (this.rules.size >= MAX_RULES) throw refuse('it is too large.')
    const name = `r${this.rules.size}`
    this.rules.set(name, text)
    return name
  }
}

/** Text as GBNF takes it literally. JSON has no other control characters in it. */
const literal = (text: string): string => `"${text.replace(/[\\"]/g, '\\$&')}"`

function isOf(type: string, value: Json): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isJsonObject(value)
  if (type === 'number' || type === 'integer')
    return value instanceof JsonNumber && (type === 'number' || value.isInteger)
  return typeof value === type
}

/** Bounds of a list or text; null: no upper one. */
function lengths(least: Json | undefined, most: Json | undefined, name: string): [least: number, most: number | null] {
  const read = (value: Json | undefined): number | null => {
    if (value === undefined) return null
    if (
      value instanceof JsonNumber &&
      Number.isSafeInteger(value.value) &&
      value.value >= 0 &&
      value.value <= MAX_LENGTH
    )
      return value.value
    throw refuse(`a length of ${name} is not a whole number up to ${MAX_LENGTH.toLocaleString('en')}.`)
  }
  const bounds = [read(least) ?? 0, read(most)] as const
  if (bounds[1] !== null && bounds[1] < bounds[0]) throw refuse(`the least length of ${name} is more than the most.`)
  return [...bounds]
}

/**
 * GBNF for `symbol` repeated `least` to `most` times (null: without end), in pieces that llama.cpp reads. There is one way
 * only to read a text of a given length, so that long ones stay as fast as short ones.
 */
function repeated(symbol: string, least: number, most: number | null): string {
  if (most !== null && most <= MAX_REPETITION) return `${symbol}{${least},${most}}`
  if (least >= MAX_REPETITION)
    return `${symbol}{${MAX_REPETITION}} ${repeated(symbol, least - MAX_REPETITION, most === null ? null : most - MAX_REPETITION)}`
  if (most === null) return `${symbol}{${least},}`
  return `(${symbol}{${least},${MAX_REPETITION - 1}} | ${symbol}{${MAX_REPETITION}} ${repeated(symbol, 0, most - MAX_REPETITION)})`
}
