import { AppError, say } from '#contract'

/** Why a text is no JSON. `line` and `column` count from 1, columns in UTF-16 units; `what` completes a sentence. */
interface JsonProblem {
  readonly line: number
  readonly column: number
  readonly what: string
}

/** What a text of JSON is made of. `depth`: how deep lists and objects are nested in it. */
export interface JsonOutline {
  readonly depth: number
  readonly problem: JsonProblem | null
}

const NEXT_TOKEN =
  /[ \t\r\n]*(?:("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w))|([{}[\],:]))/y
const BLANKS = /[ \t\r\n]*/y

/** What may come next, and how that is told. */
const expected = {
  value: 'a value is expected',
  item: 'a value or ] is expected',
  key: 'a name in quotes is expected',
  pair: 'a name in quotes or } is expected',
  colon: 'a colon is expected',
  moreItems: 'a comma or ] is expected',
  morePairs: 'a comma or } is expected',
  end: 'nothing more is expected',
}
type Expected = keyof typeof expected

/** Reads a text as RFC 8259 has it, only to find where it is no JSON and how deep it is; any length and depth. */
export function outlineOf(text: string): JsonOutline {
  const open: ('{' | '[')[] = []
  let depth = 0
  let next: Expected = 'value'
  let at = 0
  const problem = (offset: number, what: string): JsonOutline => ({
    depth,
    problem: { ...placeOf(text, offset), what },
  })
  for (;;) {
    const match = matchAt(NEXT_TOKEN, text, at)
    if (!match) {
      const offset = at + matchAt(BLANKS, text, at)![0].length
      if (offset === text.length && next === 'end') return { depth, problem: null }
      const isText = text[offset] === '"' && ['value', 'item', 'key', 'pair'].includes(next)
      return problem(offset, isText ? 'this text does not end, or holds what must be escaped' : expected[next])
    }
    const [all, string, plain, sign] = match
    const start = at + all.length - (string ?? plain ?? sign)!.length
    const after = step(next, { isString: string !== undefined, sign: sign ?? null }, open)
    if (after === null) return problem(start, expected[next])
    depth = Math.max(depth, open.length)
    next = after
    at += all.length
  }
}

/** What may come after a token; null: it cannot stand here. `open` follows along. */
function step(
  next: Expected,
  { isString, sign }: { isString: boolean; sign: string | null },
  open: ('{' | '[')[],
): Expected | null {
  const afterValue = (): Expected => (open.length === 0 ? 'end' : open.at(-1) === '{' ? 'morePairs' : 'moreItems')
  const close = (): Expected => {
    open.pop()
    return afterValue()
  }
  if (next === 'key' || next === 'pair') return isString ? 'colon' : sign === '}' && next === 'pair' ? close() : null
  if (next === 'colon') return sign === ':' ? 'value' : null
  if (next === 'moreItems') return sign === ',' ? 'value' : sign === ']' ? close() : null
  if (next === 'morePairs') return sign === ',' ? 'key' : sign === '}' ? close() : null
  if (next === 'end') return null
  if (sign === null) return afterValue()
  if (sign === ']' && next === 'item') return close()
  if (sign !== '{' && sign !== '[') return null
  open.push(sign)
  return sign === '{' ? 'pair' : 'item'
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: before.at(-1)!.length + 1 }
}

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

/** A JSON schema as an object, or true and false for all and nothing. */
export type JsonSchema = boolean | JsonObject

/** The engine refuses such schemas too; a message to its process could not even hold one that is nested without end. */
const MAX_DEPTH = 500

/**
 * The JSON schema that a text holds; whether answers can be held to it is the engine's to tell. `name`: what errors call
 * the text, at the beginning of a sentence. @throws AppError InvalidInput, with `detail` { line, column } where it is no JSON.
 */
export function readSchema(text: string, name: string): JsonSchema {
  const { problem, depth } = outlineOf(text)
  if (problem) {
    const { line, column, what } = problem
    throw new AppError('InvalidInput', say`${name} is not valid JSON: line ${line}, column ${column}: ${what}.`, {
      line,
      column,
    })
  }
  if (depth > MAX_DEPTH)
    throw new AppError('InvalidInput', say`${name} is nested too deeply. Use $ref and $defs for what repeats.`)
  const schema = parseJson(text)
  if (typeof schema !== 'boolean' && !isJsonObject(schema))
    throw new AppError(
      'InvalidInput',
      `${name} does not hold a JSON schema, which is an object such as {"type": "object"}.`,
    )
  return schema
}
