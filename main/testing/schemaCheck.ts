/** A JSON schema as JavaScript has it. */
export type JsonSchema = boolean | { readonly [keyword: string]: unknown }

type Node = Record<string, unknown>
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether `value` is one that `schema` allows: JSON Schema as its standard says, of the keywords that answers can be held to. `root` resolves $ref. */
export function matchesSchema(value: unknown, schema: JsonSchema, root: JsonSchema): boolean {
  if (typeof schema === 'boolean') return schema
  const also = (one: unknown, inner: unknown) => matchesSchema(one, inner as JsonSchema, root)
  if (typeof schema.$ref === 'string') return also(value, target(schema.$ref, root))
  if ('const' in schema && !same(value, schema.const)) return false
  if (Array.isArray(schema.enum) && !schema.enum.some((one) => same(value, one))) return false
  if (Array.isArray(schema.anyOf) && !schema.anyOf.some((one) => also(value, one))) return false
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOf(value, type))) return false
  if (typeof value === 'string') return within([...value].length, schema.minLength, schema.maxLength)
  if (Array.isArray(value))
    return (
      within(value.length, schema.minItems, schema.maxItems) && value.every((item) => also(item, schema.items ?? true))
    )
  if (!isNode(value)) return true
  const properties = isNode(schema.properties) ? schema.properties : {}
  const has = (name: string) => Object.hasOwn(value, name)
  if (Array.isArray(schema.required) && !schema.required.every((name) => has(String(name)))) return false
  return Object.entries(value).every(([name, inner]) =>
    also(inner, Object.hasOwn(properties, name) ? properties[name] : (schema.additionalProperties ?? true)),
  )
}

function target(pointer: string, root: JsonSchema): unknown {
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((node, step) => (node as Node)[step], root)
}

/** -0 and 0 are one number in JSON. */
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function isOf(value: unknown, type: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return isNode(value)
  return type === 'integer'
    ? Number.isInteger(value)
    : typeof value === type && (type !== 'number' || Number.isFinite(value))
}

const within = (length: number, least: unknown, most: unknown): boolean =>
  length >= Number(least ?? 0) && length <= Number(most ?? Infinity)
