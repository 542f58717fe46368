import { createContext, Script } from 'node:vm'
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'

/** What a template may cost: it comes with a model file, from anybody. Parsing and rendering end after so long, ms. */
const MAX_MS = 2000
/** Published chat templates have up to 30,000 characters. */
const MAX_SOURCE = 1 << 18
/** Characters and list items that a rendering may make, beside some for each character it is given. */
const MAX_MADE = 1 << 22
const MADE_PER_CHARACTER = 64
const MAX_RANGE = 100_000

type Statement = Parameters<Interpreter['evaluate']>[0]
type Value = ReturnType<Interpreter['evaluate']>
/** What is looked at of a node of the syntax tree. */
type Node = { readonly [part in 'callee' | 'object' | 'property' | 'operand' | 'filter']?: Node } & {
  readonly type: string
  readonly value?: unknown
  readonly args?: readonly Node[]
  readonly computed?: boolean
}

/** A Jinja template as the reference reads chat templates: blocks leave no line of their own. */
export type Template = ReturnType<typeof parse>

/** @throws TemplateLimit for a template that is too long or takes too long to read; Error for a mistake in it. */
export function parseTemplate(source: string): Template {
  if (source.length > MAX_SOURCE)
    throw new TemplateLimit(`it is longer than ${MAX_SOURCE.toLocaleString('en')} characters`)
  return inTime(() => parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })))
}

/**
 * What a template writes for `values`, which hold so many `characters`. Time and memory are bounded, whatever it does.
 * @throws TemplateRefusal where it calls `raise_exception`; TemplateLimit past the bounds; Error for a mistake in it.
 */
export function renderTemplate(
  template: Template,
  values: Readonly<Record<string, unknown>>,
  characters: number,
): string {
  const environment = new Environment()
  for (const [name, value] of Object.entries({ ...globals, ...values })) environment.set(name, value)
  const interpreter = new BoundedInterpreter(environment, MAX_MADE + MADE_PER_CHARACTER * characters)
  return inTime(() => String(interpreter.run(template).value))
}

/** Counts what is made, and strips as Python does. */
class BoundedInterpreter extends Interpreter {
  private left: number

  constructor(environment: Environment, most: number) {
    super(environment)
    this.left = most
  }

  override evaluate(statement: Statement, environment: Environment): Value {
    const value = this.stripped(statement as unknown as Node, environment) ?? super.evaluate(statement, environment)
    this.left -= 1 + sizeOf(value.value)
    if (this.left < 0) throw new TemplateLimit('it writes without end')
    return value
  }

  /**
   * `text.strip(characters)` and its kin: the library leaves the argument out, and takes JavaScript's blanks for Python's.
   * null for everything else.
   */
  private stripped(node: Node | undefined, environment: Environment): Value | null {
    const strip = node && stripOf(node)
    if (!strip) return null
    const text = this.evaluate(strip.of as unknown as Statement, environment)
    const characters = strip.argument && this.evaluate(strip.argument as unknown as Statement, environment).value
    if (typeof text.value !== 'string') throw new Error(`${strip.name} needs a text`)
    const kept = stripAsPython(text.value, strip.name, typeof characters === 'string' ? characters : null)
    return new (text.constructor as new (value: string) => Value)(kept)
  }
}

type Strip = 'strip' | 'lstrip' | 'rstrip'

function stripOf({
  type,
  callee,
  operand,
  filter,
  args,
}: Node): { name: Strip; of: Node; argument: Node | undefined } | null {
  if (type === 'FilterExpression' && filter?.type === 'Identifier' && filter.value === 'trim')
    return { name: 'strip', of: operand!, argument: undefined }
  if (type !== 'CallExpression' || callee?.type !== 'MemberExpression' || callee.computed || (args?.length ?? 0) > 1)
    return null
  const name = callee.property?.value
  return name === 'strip' || name === 'lstrip' || name === 'rstrip'
    ? { name, of: callee.object!, argument: args?.[0] }
    : null
}

const PYTHON_BLANKS =
  '\t\n\v\f\r\u001c\u001d\u001e\u001f \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000'

/** `str.strip`, `lstrip` and `rstrip` of Python; `characters` null: its blanks. */
function stripAsPython(text: string, name: Strip, characters: string | null): string {
  const goes = new Set(characters ?? PYTHON_BLANKS)
  let from = 0
  let to = text.length
  if (name !== 'rstrip') while (from < to && goes.has(text[from]!)) from++
  if (name !== 'lstrip') while (to > from && goes.has(text[to - 1]!)) to--
  return text.slice(from, to)
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length
  return value instanceof Map ? value.size : 0
}

/** What every template finds, as in the reference. */
const globals = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  raise_exception: (message: unknown) => {
    throw new TemplateRefusal(String(message))
  },
  range: (first: number, second?: number, step = 1): number[] => {
    const [from, to] = second === undefined ? [0, first] : [first, second]
    const length = Math.max(0, Math.ceil((to - from) / step))
    if (!(length <= MAX_RANGE)) throw new TemplateLimit(`it counts further than ${MAX_RANGE.toLocaleString('en')}`)
    return Array.from({ length }, (_, i) => from + i * step)
  },
  strftime_now: (format: string): string => timeAsPython(new Date(), format),
}

/** A template that takes more than one may; it would again. */
export class TemplateLimit extends Error {}

/** A template's own word on why it does not write a conversation. */
export class TemplateRefusal extends Error {}

/** `strftime` of Python in the C locale, as far as chat templates use it. */
function timeAsPython(now: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const name = (options: Intl.DateTimeFormatOptions) => now.toLocaleDateString('en-US', options)
  const parts: Readonly<Record<string, string>> = {
    Y: String(now.getFullYear()),
    m: two(now.getMonth() + 1),
    d: two(now.getDate()),
    H: two(now.getHours()),
    M: two(now.getMinutes()),
    S: two(now.getSeconds()),
    b: name({ month: 'short' }),
    B: name({ month: 'long' }),
    a: name({ weekday: 'short' }),
    A: name({ weekday: 'long' }),
    '%': '%',
  }
  return format.replace(/%(.)/g, (all, letter: string) => parts[letter] ?? all)
}

const sandbox = createContext({ work: null as unknown })
const call = new Script('work()')

/** Does `work` on this thread and ends it after `MAX_MS`, wherever it is. */
function inTime<T>(work: () => T): T {
  sandbox.work = work
  try {
    return call.runInContext(sandbox, { timeout: MAX_MS }) as T
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT')
      throw new TemplateLimit('it takes too long', { cause: error })
    throw error
  } finally {
    sandbox.work = null
  }
}
