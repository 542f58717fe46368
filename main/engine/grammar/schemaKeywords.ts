import { AppError } from '#contract'
import { isJsonObject, writeJson } from '../../lib/jsonSchema/index.ts'
import type { Json, JsonObject } from '../../lib/jsonSchema/index.ts'

/** The names in a list such as that of `required`. */
export const namesOf = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** `message` completes a sentence about the schema. */
export const refuse = (message: string): AppError =>
  new AppError('InvalidInput', `The answer's JSON schema cannot be used: ${message}`)

/** Keywords that concern values of one type only, and those of them that a grammar can hold an answer to. */
const KEYWORDS: Readonly<Record<string, { readonly held: readonly string[]; readonly others: readonly string[] }>> = {
  object: {
    held: ['properties', 'required', 'additionalProperties'],
    others: [
      'patternProperties',
      'propertyNames',
      'minProperties',
      'maxProperties',
      'unevaluatedProperties',
      'dependentRequired',
      'dependentSchemas',
      'dependencies',
    ],
  },
  array: {
    held: ['items', 'minItems', 'maxItems'],
    others: [
      'prefixItems',
      'additionalItems',
      'uniqueItems',
      'contains',
      'minContains',
      'maxContains',
      'unevaluatedItems',
    ],
  },
  string: { held: ['minLength', 'maxLength'], others: ['pattern'] },
  number: {
    held: [],
    others: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'divisibleBy'],
  },
  boolean: { held: [], others: [] },
  null: { held: [], others: [] },
}
/** Keywords that say which values are allowed, whatever their type; only a schema that uses them by themselves can be held. */
const GENERAL: readonly string[] = [
  'type',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  'not',
  'if',
  '$dynamicRef',
  '$recursiveRef',
  'disallow',
  'extends',
]
const OWNERS: ReadonlyMap<string, string> = new Map(
  Object.entries(KEYWORDS).flatMap(([owner, { held, others }]) =>
    [...held, ...others].map((keyword) => [keyword, owner] as const),
  ),
)
const KNOWN: ReadonlyMap<string, string> = new Map(
  [...GENERAL, ...OWNERS.keys()].map((keyword) => [keyword.toLowerCase(), keyword]),
)
const groupOf = (type: string): string => (type === 'integer' ? 'number' : type)

/**
 * Checks that every keyword of `schema` that constrains values can be held: those for values of `type` (null: any type), and
 * `extra` ones. Those that concern other types only do not matter, and every other word is an annotation, as the standard
 * says: `nullable` and `discriminator` of OpenAPI too. @throws AppError InvalidInput naming the first that cannot be held.
 */
export function checkKeywords(
  schema: JsonObject,
  type: string | null,
  name: string,
  extra: readonly string[] = ['type'],
): void {
  const group = type === null ? null : groupOf(type)
  for (const [keyword, value] of schema) {
    if (extra.includes(keyword)) continue
    const meant = KNOWN.get(keyword.toLowerCase())
    if (meant === undefined) continue
    if (meant !== keyword) throw refuse(`${name} uses "${keyword}". The keyword is written "${meant}".`)
    const owner = OWNERS.get(keyword)
    if (owner && group !== null && (owner !== group || KEYWORDS[owner]!.held.includes(keyword))) continue
    // says nothing unless it is true
    if (keyword === 'uniqueItems' && value === false) continue
    throw refuse(`${name} uses "${keyword}", which an answer cannot be held to. Leave it out.`)
  }
}

/** The types a schema names, or the one that its keywords are about; null: any. @throws AppError InvalidInput for unknown ones. */
export function typesOf(schema: JsonObject, name: string): readonly string[] | null {
  const type = schema.get('type')
  if (type === undefined)
    return isJsonObject(schema.get('properties')) ? ['object'] : schema.has('items') ? ['array'] : null
  const types: readonly Json[] = Array.isArray(type) ? (type as readonly Json[]) : [type]
  if (types.length === 0) throw refuse(`${name} allows no type.`)
  for (const one of types)
    if (typeof one !== 'string' || !(one === 'integer' || Object.hasOwn(KEYWORDS, one)))
      throw refuse(`${name} has the unknown type ${writeJson(one)}.`)
  return types as readonly string[]
}
