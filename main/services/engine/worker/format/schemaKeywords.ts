import { AppError } from '#contract'

/** A schema that is an object of keywords. */
export type SchemaNode = { readonly [keyword: string]: unknown }

export const isNode = (value: unknown): value is SchemaNode => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `message` completes a sentence about the schema. */
export const refuse = (message: string): AppError => new AppError('InvalidInput', `The answer's JSON schema cannot be used: ${message}`)

/** Keywords that say nothing about which values are allowed. */
const ANNOTATIONS = new Set([
  '$schema', '$id', '$anchor', '$defs', 'definitions', '$comment', 'title', 'description', 'default', 'examples', 'format', 'deprecated', 'readOnly',
  'writeOnly', 'contentEncoding', 'contentMediaType',
])
/** Keywords that concern values of one type only, and those of them that a grammar can hold an answer to. */
const KEYWORDS: Readonly<Record<string, { readonly held: readonly string[]; readonly others: readonly string[] }>> = {
  object: {
    held: ['properties', 'required', 'additionalProperties'],
    others: ['patternProperties', 'propertyNames', 'minProperties', 'maxProperties', 'unevaluatedProperties', 'dependentRequired', 'dependentSchemas', 'dependencies'],
  },
  array: { held: ['items', 'minItems', 'maxItems'], others: ['prefixItems', 'additionalItems', 'uniqueItems', 'contains', 'minContains', 'maxContains', 'unevaluatedItems'] },
  string: { held: ['minLength', 'maxLength'], others: ['pattern'] },
  number: { held: [], others: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'] },
  boolean: { held: [], others: [] },
  null: { held: [], others: [] },
}
const groupOf = (type: string): string => (type === 'integer' ? 'number' : type)

/**
 * Checks that every keyword of `schema` can be held: those for values of `type` (null: any type), and `extra` ones. Those
 * that concern other types only do not matter. @throws AppError InvalidInput naming the first that cannot.
 */
export function checkKeywords(schema: SchemaNode, type: string | null, name: string, extra: readonly string[] = ['type']): void {
  const group = type === null ? null : groupOf(type)
  for (const keyword of Object.keys(schema)) {
    if (ANNOTATIONS.has(keyword) || extra.includes(keyword)) continue
    const owner = Object.keys(KEYWORDS).find((key) => [...KEYWORDS[key]!.held, ...KEYWORDS[key]!.others].includes(keyword))
    if (owner && group !== null && (owner !== group || KEYWORDS[owner]!.held.includes(keyword))) continue
    // says nothing unless it is true
    if (keyword === 'uniqueItems' && schema[keyword] === false) continue
    throw refuse(`${name} uses "${keyword}", which an answer cannot be held to. Leave it out.`)
  }
}

/** The types a schema names, or the one that its keywords are about; null: any. @throws AppError InvalidInput for unknown ones. */
export function typesOf(schema: SchemaNode, name: string): readonly string[] | null {
  const { type } = schema
  if (type === undefined) return isNode(schema.properties) ? ['object'] : schema.items !== undefined ? ['array'] : null
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  if (types.length === 0) throw refuse(`${name} allows no type.`)
  for (const one of types)
    if (typeof one !== 'string' || !(one === 'integer' || Object.hasOwn(KEYWORDS, one))) throw refuse(`${name} has the unknown type ${JSON.stringify(one)}.`)
  return types as readonly string[]
}
