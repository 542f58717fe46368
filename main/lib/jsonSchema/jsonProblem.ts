/** Why a text is no JSON. `line` and `column` count from 1, columns in UTF-16 units; `what` completes a sentence. */
export interface JsonProblem {
  readonly line: number
  readonly column: number
  readonly what: string
}

/** What a text of JSON is made of. `depth`: how deep lists and objects are nested in it. */
export interface JsonOutline {
  readonly depth: number
  readonly problem: JsonProblem | null
}

const TOKEN =
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
    const match = matchAt(TOKEN, text, at)
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
