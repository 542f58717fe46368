import { AppError, say } from '#contract'
import { JsonNumber, isJsonObject, writeJson } from '../../lib/jsonSchema.ts'
import type { Json, JsonObject, JsonSchema } from '../../lib/jsonSchema.ts'

/** The names in a list such as that of `required`. */
export const namesOf = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

/** `message` completes a sentence about the schema. */
export const refuse = (message: string): AppError =>
  new AppError('InvalidInput', say`The answer's JSON schema cannot be used: ${message}`)

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

interface Reference {
  readonly rule: string
  readonly target: Json
}

/** The local $refs of one schema and the rules that stand for them. */
export class SchemaReferences {
  private readonly root: JsonSchema
  private readonly known = new Map<string, Reference>()
  /** Of each reference those with which its value may begin. */
  private readonly heads = new Map<string, Set<string>>()

  constructor(root: JsonSchema) {
    this.root = root
  }

  /**
   * The rule for what `pointer` names, and its schema the first time (`isNew`), to be visited by the caller. `head`: the
   * reference whose value begins here. @throws AppError InvalidInput when it names nothing in the schema.
   */
  enter(pointer: string, head: string | null): Reference & { readonly isNew: boolean } {
    if (head !== null) this.heads.get(head)?.add(pointer)
    const known = this.known.get(pointer)
    if (known) return { ...known, isNew: false }
    const reference = { rule: `ref${this.known.size}`, target: this.resolve(pointer) }
    // known before it is visited, so that it may refer to itself
    this.known.set(pointer, reference)
    this.heads.set(pointer, new Set())
    return { ...reference, isNew: true }
  }

  /** @throws AppError InvalidInput for references that lead back to themselves with nothing written, or that never end. */
  check(): void {
    for (const pointer of this.known.keys())
      if (this.leadsTo(pointer, pointer, new Set()))
        throw refuse(`${pointer} refers to itself with nothing in between.`)
    const ending = new Set<string>()
    for (let size = -1; size < ending.size; ) {
      size = ending.size
      for (const [pointer, { target }] of this.known) if (ends(target, ending)) ending.add(pointer)
    }
    if (!ends(this.root, ending)) throw refuse('what it requires refers to itself, so that no answer could ever end.')
  }

  private leadsTo(from: string, wanted: string, seen: Set<string>): boolean {
    for (const next of this.heads.get(from) ?? []) {
      if (next === wanted) return true
      if (seen.has(next)) continue
      seen.add(next)
      if (this.leadsTo(next, wanted, seen)) return true
    }
    return false
  }

  private resolve(pointer: string): Json {
    if (pointer !== '#' && !pointer.startsWith('#/'))
      throw refuse(`the $ref ${pointer} does not point into the schema (#/...).`)
    let target: Json | undefined = this.root
    for (const step of pointer.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
      if (isJsonObject(target)) target = target.get(name)
      else
        target =
          Array.isArray(target) && /^(0|[1-9]\d*)$/.test(name) ? (target as readonly Json[])[Number(name)] : undefined
      if (target === undefined) throw refuse(`the $ref ${pointer} names nothing in the schema.`)
    }
    return target
  }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

/** Whether a schema has a value that ends, when the references in `ending` do. */
function ends(schema: Json, ending: ReadonlySet<string>): boolean {
  if (!isJsonObject(schema)) return schema !== false
  const reference = schema.get('$ref')
  if (reference !== undefined) return ending.has(String(reference))
  if (schema.has('const') || schema.has('enum')) return true
  const choices = schema.get('anyOf') ?? schema.get('oneOf') ?? schema.get('allOf')
  if (Array.isArray(choices)) return choices.some((choice: Json) => ends(choice, ending))
  // of several types one that is written without others always ends
  const type = schema.get('type')
  if (Array.isArray(type) && type.some((one) => one !== 'object' && one !== 'array')) return true
  const properties = schema.get('properties')
  const least = schema.get('minItems')
  const needsItem = least instanceof JsonNumber && least.value > 0
  const valueOf = (name: string) =>
    (isJsonObject(properties) ? properties.get(name) : undefined) ?? schema.get('additionalProperties') ?? true
  return (
    namesOf(schema.get('required')).every((name) => ends(valueOf(name), ending)) &&
    (!needsItem || ends(schema.get('items') ?? true, ending))
  )
}
