import { isJsonObject, JsonNumber } from '../../lib/jsonSchema/index.ts'
import type { Json, JsonSchema } from '../../lib/jsonSchema/index.ts'
import { namesOf, refuse } from './schemaKeywords.ts'

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
