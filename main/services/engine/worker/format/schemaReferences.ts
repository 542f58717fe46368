import type { JsonSchema } from '../../types.ts'
import { isNode, refuse } from './schemaKeywords.ts'

interface Reference {
  readonly rule: string
  readonly target: unknown
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
    for (const pointer of this.known.keys()) if (this.leadsTo(pointer, pointer, new Set())) throw refuse(`${pointer} refers to itself with nothing in between.`)
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

  private resolve(pointer: string): unknown {
    if (pointer !== '#' && !pointer.startsWith('#/')) throw refuse(`the $ref ${pointer} does not point into the schema (#/...).`)
    let target: unknown = this.root
    for (const step of pointer.split('/').slice(1)) {
      const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~')
      const holds = typeof target === 'object' && target !== null && Object.hasOwn(target, name)
      if (!holds) throw refuse(`the $ref ${pointer} names nothing in the schema.`)
      target = (target as Record<string, unknown>)[name]
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
function ends(schema: unknown, ending: ReadonlySet<string>): boolean {
  if (!isNode(schema)) return schema !== false
  if (schema.$ref !== undefined) return ending.has(String(schema.$ref))
  if ('const' in schema || schema.enum !== undefined) return true
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf
  if (Array.isArray(choices)) return choices.some((choice) => ends(choice, ending))
  // of several types one that is written without others always ends
  if (Array.isArray(schema.type) && schema.type.some((type) => type !== 'object' && type !== 'array')) return true
  const required = Array.isArray(schema.required) ? schema.required.map(String) : []
  const properties = isNode(schema.properties) ? schema.properties : {}
  const needsItem = typeof schema.minItems === 'number' && schema.minItems > 0
  return required.every((name) => ends(properties[name] ?? schema.additionalProperties ?? true, ending)) && (!needsItem || ends(schema.items ?? true, ending))
}
