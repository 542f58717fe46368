import { outlineOf } from './jsonProblem.ts'

/**
 * A value of JSON as its text has it: members in their order also where a name looks like a number, which a JavaScript object
 * would put first, and numbers with all their digits.
 */
export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject
export type JsonObject = ReadonlyMap<string, Json>

/** A number as it is written. */
export class JsonNumber {
  readonly source: string

  constructor(source: string) {
    this.source = source
  }

  /** As a double: not exact beyond 2^53, and infinite beyond its range. */
  get value(): number {
    return Number(this.source)
  }

  /** Whether it has no fraction, as JSON Schema takes it: 1.0 and 1e2 are integers. */
  get isInteger(): boolean {
    const [, whole = '', fraction = '', exponent = '0'] =
      /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(this.source) ?? []
    const digits = `${whole}${fraction}`.replace(/0+$/, '').length
    // digits behind the point, were it not for zeros at the end
    return digits === 0 || digits <= whole.length + Number(exponent)
  }
}

const TOKEN = /[ \t\r\n]*("(?:[^"\\]|\\.)*"|[{}[\],:]|[^ \t\r\n{}[\],:"]+)/gy

/** Reads a text of JSON; its depth must be bounded by the caller. Of members of one name the last counts. @throws SyntaxError. */
export function parseJson(text: string): Json {
  const { problem } = outlineOf(text)
  if (problem) throw new SyntaxError(`line ${problem.line}, column ${problem.column}: ${problem.what}`)
  const tokens = text.matchAll(TOKEN)
  const next = () => tokens.next().value![1]!
  const valueOf = (token: string): Json => {
    if (token === '{') return objectAfter(next())
    if (token === '[') return listAfter(next())
    if (token.startsWith('"')) return JSON.parse(token) as string
    if (token === 'true' || token === 'false') return token === 'true'
    return token === 'null' ? null : new JsonNumber(token)
  }
  const listAfter = (first: string): Json[] => {
    const items: Json[] = []
    for (let token = first; token !== ']'; ) {
      items.push(valueOf(token))
      token = next()
      if (token === ',') token = next()
    }
    return items
  }
  const objectAfter = (first: string): JsonObject => {
    const members = new Map<string, Json>()
    for (let token = first; token !== '}'; ) {
      const name = JSON.parse(token) as string
      next()
      members.set(name, valueOf(next()))
      token = next()
      if (token === ',') token = next()
    }
    return members
  }
  return valueOf(next())
}

/** The shortest text of a value. */
export function writeJson(value: Json): string {
  if (value instanceof JsonNumber) return value.source
  if (Array.isArray(value)) return `[${value.map(writeJson).join(',')}]`
  if (value instanceof Map)
    return `{${Array.from(value, ([name, inner]) => `${JSON.stringify(name)}:${writeJson(inner as Json)}`).join(',')}}`
  return JSON.stringify(value)
}

/** Whether a value is an object. */
export const isJsonObject = (value: Json | undefined): value is JsonObject => value instanceof Map
