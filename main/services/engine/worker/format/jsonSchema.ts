import { AppError } from '#contract'
import type { JsonSchema } from '../../types.ts'

type Node = { readonly [keyword: string]: unknown }

/** Rules that every JSON grammar shares; at most two blanks between tokens, so that an answer cannot run on in them. */
const COMMON: Record<string, string> = {
  ws: '| " " | "\\n" [ \\t]{0,20}',
  boolean: '("true" | "false") ws',
  null: '"null" ws',
  char: '[^"\\\\\\x7F\\x00-\\x1F] | [\\\\] (["\\\\bfnrt/] | "u" [0-9a-fA-F]{4})',
  string: '"\\"" char* "\\"" ws',
  integer: '("-"? ("0" | [1-9] [0-9]{0,15})) ws',
  number: '("-"? ("0" | [1-9] [0-9]{0,15})) ("." [0-9]{1,16})? ([eE] [-+]? [0-9]{1,3})? ws',
  array: '"[" ws (value ("," ws value)*)? "]" ws',
  object: '"{" ws (string ":" ws value ("," ws string ":" ws value)*)? "}" ws',
  value: 'object | array | string | number | boolean | null',
}
const ANNOTATIONS = new Set(['$schema', '$id', '$defs', 'definitions', 'title', 'description', 'default', 'examples', '$comment', 'format', 'additionalProperties', 'deprecated', 'readOnly', 'writeOnly'])
const MAX_RULES = 5000

/**
 * A GBNF grammar that accepts JSON of the given schema only: types, properties with their required ones, arrays with
 * lengths, strings with lengths, enum, const, anyOf, oneOf and local $ref. Properties come in the order of the schema.
 * @throws AppError InvalidInput for what cannot be held by a grammar, naming the keyword.
 */
export function schemaToGrammar(schema: JsonSchema): string {
  const builder = new GrammarBuilder(schema)
  return builder.build()
}

const refuse = (message: string) => new AppError('InvalidInput', `The answer's JSON schema cannot be used: ${message}`)
const literal = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

class GrammarBuilder {
  private readonly root: JsonSchema
  private readonly rules = new Map<string, string>()
  private readonly references = new Map<string, string>()

  constructor(root: JsonSchema) {
    this.root = root
  }

  build(): string {
    const body = this.visit(this.root, 'the schema')
    const rules = [['root', body], ...Object.entries(COMMON), ...this.rules]
    return rules.map(([name, text]) => `${name} ::= ${text}`).join('\n')
  }

  /** The expression for a schema; objects and alternatives become rules of their own. */
  private visit(schema: unknown, where: string): string {
    if (schema === true) return 'value'
    if (!isNode(schema)) throw refuse(`${where} is not a schema.`)
    if (typeof schema.$ref === 'string') return this.reference(schema.$ref)
    if ('const' in schema) return `${literal(JSON.stringify(schema.const))} ws`
    if (Array.isArray(schema.enum)) return this.rule(schema.enum.map((value) => literal(JSON.stringify(value))).join(' | '), true)
    const choices = schema.anyOf ?? schema.oneOf
    if (Array.isArray(choices)) return this.rule(choices.map((choice, i) => this.visit(choice, `${where}, choice ${i + 1}`)).join(' | '))
    if (Array.isArray(schema.type)) return this.rule(schema.type.map((type) => this.visit({ ...schema, type }, where)).join(' | '))
    const type: unknown = schema.type ?? (isNode(schema.properties) ? 'object' : schema.items !== undefined ? 'array' : undefined)
    switch (type) {
      case 'object':
        return this.object(schema, where)
      case 'array':
        return this.array(schema, where)
      case 'string':
        return this.string(schema, where)
      case 'integer':
      case 'number':
      case 'boolean':
      case 'null':
        this.checkKeywords(schema, ['type'], where)
        return String(type)
      case undefined:
        this.checkKeywords(schema, [], where)
        return 'value'
      default:
        throw refuse(`${where} has the unknown type ${JSON.stringify(type)}.`)
    }
  }

  private object(schema: Node, where: string): string {
    this.checkKeywords(schema, ['type', 'properties', 'required'], where)
    const properties = isNode(schema.properties) ? Object.entries(schema.properties) : []
    if (properties.length === 0) return schema.additionalProperties === false ? this.rule('"{" ws "}" ws') : 'object'
    const required = new Set(Array.isArray(schema.required) ? schema.required : [])
    for (const name of required) if (!properties.some(([known]) => known === name)) throw refuse(`${where} requires "${String(name)}", which has no schema.`)
    const pairs = properties.map(([name, value]) => ({ text: `${literal(JSON.stringify(name))} ws ":" ws ${this.visit(value, `"${name}"`)}`, isRequired: required.has(name) }))
    // rest[i]: what may follow once a property before i was written
    const rest: string[] = Array.from({ length: pairs.length + 1 }, () => '')
    for (let i = pairs.length - 1; i >= 0; i--) {
      const { text, isRequired } = pairs[i]!
      const next = `"," ws ${text} ${rest[i + 1]}`
      rest[i] = this.rule(isRequired ? next : `${next} | ${rest[i + 1] || '""'}`)
    }
    const starts: string[] = []
    for (const [i, { text, isRequired }] of pairs.entries()) {
      starts.push(`${text} ${rest[i + 1]}`)
      if (isRequired) break
    }
    if (required.size === 0) starts.push('""')
    return this.rule(`"{" ws ${this.rule(starts.join(' | '))} "}" ws`)
  }

  private array(schema: Node, where: string): string {
    this.checkKeywords(schema, ['type', 'items', 'minItems', 'maxItems'], where)
    const item = this.rule(this.visit(schema.items ?? true, `an item of ${where}`))
    const least = this.length(schema.minItems, where) ?? 0
    const most = this.length(schema.maxItems, where)
    if (most === 0) return this.rule('"[" ws "]" ws')
    const more = `("," ws ${item}){${Math.max(0, least - 1)},${most === undefined ? '' : most - 1}}`
    const items = least > 0 ? `${item} ${more}` : `(${item} ${more})?`
    return this.rule(`"[" ws ${items} "]" ws`)
  }

  private string(schema: Node, where: string): string {
    this.checkKeywords(schema, ['type', 'minLength', 'maxLength'], where)
    const least = this.length(schema.minLength, where)
    const most = this.length(schema.maxLength, where)
    if (least === undefined && most === undefined) return 'string'
    return this.rule(`"\\"" char{${least ?? 0},${most ?? ''}} "\\"" ws`)
  }

  private length(value: unknown, where: string): number | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > 10_000) throw refuse(`a length of ${where} is not a whole number up to 10,000.`)
    return value
  }

  private reference(pointer: string): string {
    const known = this.references.get(pointer)
    if (known) return known
    if (!pointer.startsWith('#')) throw refuse(`$ref ${pointer} is not inside the schema.`)
    let target: unknown = this.root
    for (const step of pointer.split('/').slice(1)) {
      const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
      target = isNode(target) && Object.hasOwn(target, name) ? target[name] : undefined
    }
    const name = `ref${this.references.size}`
    // named before it is visited, so that it may refer to itself
    this.references.set(pointer, name)
    this.rules.set(name, '')
    this.rules.set(name, this.visit(target, pointer))
    return name
  }

  private rule(text: string, blanks = false): string {
    if (this.rules.size >= MAX_RULES) throw refuse('it is too large.')
    const name = `r${this.rules.size}`
    this.rules.set(name, blanks ? `(${text}) ws` : text)
    return name
  }

  private checkKeywords(schema: Node, known: readonly string[], where: string): void {
    for (const keyword of Object.keys(schema))
      if (!known.includes(keyword) && !ANNOTATIONS.has(keyword)) throw refuse(`${where} uses "${keyword}", which an answer cannot be held to. Leave it out.`)
  }
}
