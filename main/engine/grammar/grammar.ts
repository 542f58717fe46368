import { AppError, say } from '#contract'
import { readSchema } from '../../lib/jsonSchema.ts'
import type { AnswerFormat } from '../types.ts'
import { schemaToGrammar } from './jsonSchema.ts'

const MAX_CHARACTERS = 1 << 20
const MAX_RULES = 10_000

/** The GBNF text of an answer format. @throws AppError InvalidInput for a schema or grammar that cannot be used. */
export function toGrammar(format: AnswerFormat): string {
  const grammar =
    'grammar' in format ? format.grammar : schemaToGrammar(readSchema(format.jsonSchema, "The answer's JSON schema"))
  checkGrammar(grammar)
  return grammar
}

/** Checks that an answer can be held to a format, as the engine does before it answers. @throws AppError InvalidInput naming the place. */
export function checkFormat(format: AnswerFormat): void {
  toGrammar(format)
}

/**
 * Checks a GBNF text before llama.cpp reads it: its syntax, that the rules it uses are there, and what would end the
 * process, such as groups nested too deeply. @throws AppError InvalidInput with the line.
 */
function checkGrammar(grammar: string): void {
  if (grammar.length > MAX_CHARACTERS)
    throw refuse(`it is longer than ${MAX_CHARACTERS.toLocaleString('en')} characters.`)
  if (grammar.includes('\0')) throw refuse('it holds a zero byte. Write it as \\x00.')
  const { defined, used } = readGrammar(grammar, (message, line) =>
    refuse(`line ${line.toLocaleString('en')}: ${message}.`),
  )
  if (defined.size > MAX_RULES) throw refuse(`it has more than ${MAX_RULES.toLocaleString('en')} rules.`)
  for (const name of ['root', ...used])
    if (!defined.has(name)) throw refuse(`the rule ${name.slice(0, 80)} is missing.`)
}

const refuse = (what: string): AppError =>
  new AppError('InvalidInput', say`The answer's grammar cannot be used: ${what}`)

/** The names of the rules that a grammar defines, and of those that it refers to. */
interface GrammarNames {
  readonly defined: ReadonlySet<string>
  readonly used: ReadonlySet<string>
}

/** Makes the error for a place. `message` completes a sentence about the line. */
type Refuse = (message: string, line: number) => Error

/** llama.cpp reads groups by recursion, which ends the process when they are nested too deeply. */
const MAX_DEPTH = 200
const NAME = /[a-zA-Z0-9-]+/y
const TEXT = /[^"\\]*(?:\\(?:[trn"[\]\\-]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})[^"\\]*)*"/y
const CLASS = /[^\]\\]*(?:\\(?:[trn"[\]\\-]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})[^\]\\]*)*\]/y
const TOKEN = /!?<[^>]*>/y
const COUNT = /\{\s*\d{1,9}\s*(?:,\s*(?:\d{1,9}\s*)?)?\}/y
const BLANKS = /[ \t]*(?:#[^\r\n]*)?/y
const BLANKS_AND_LINES = /[ \t\r\n]*(?:#[^\r\n]*[ \t\r\n]*)*/y

/** Reads a GBNF text as llama.cpp does, only to find out whether it can be read. @throws what `refuse` makes. */
function readGrammar(grammar: string, refuse: Refuse): GrammarNames {
  return new GrammarReader(grammar, refuse).read()
}

class GrammarReader {
  private readonly text: string
  private readonly refuse: Refuse
  private readonly defined = new Set<string>()
  private readonly used = new Set<string>()
  private at = 0

  constructor(text: string, refuse: Refuse) {
    this.text = text
    this.refuse = refuse
  }

  read(): GrammarNames {
    this.skip(BLANKS_AND_LINES)
    while (this.at < this.text.length) this.rule()
    return { defined: this.defined, used: this.used }
  }

  private rule(): void {
    const name = this.take(NAME)
    if (name === null) throw this.wrong('a rule begins with its name, of letters, digits and -')
    this.skip(BLANKS)
    if (!this.text.startsWith('::=', this.at)) throw this.wrong(`::= is missing after ${name.slice(0, 80)}`)
    this.at += 3
    this.skip(BLANKS_AND_LINES)
    this.alternatives(0)
    this.defined.add(name)
    if (this.at < this.text.length && !/[\r\n]/.test(this.text[this.at]!))
      throw this.wrong(`${JSON.stringify(this.text[this.at])} cannot stand here`)
    this.skip(BLANKS_AND_LINES)
  }

  private alternatives(depth: number): void {
    if (depth > MAX_DEPTH) throw this.wrong(`groups are nested more than ${MAX_DEPTH} deep`)
    this.sequence(depth)
    while (this.text[this.at] === '|') {
      this.at++
      this.skip(BLANKS_AND_LINES)
      this.sequence(depth)
    }
  }

  private sequence(depth: number): void {
    let canRepeat = false
    for (;;) {
      const sign = this.text[this.at] ?? ''
      if ('*+?{'.includes(sign) && sign !== '') {
        if (!canRepeat) throw this.wrong(`there is nothing before ${sign} to repeat`)
        if (sign !== '{') this.at++
        else if (this.take(COUNT) === null) throw this.wrong('a repetition is written {n}, {n,} or {n,m}')
      } else {
        const found = this.item(sign, depth)
        if (found === null) return
        canRepeat = found
      }
      this.skip(depth > 0 ? BLANKS_AND_LINES : BLANKS)
    }
  }

  /** One item of a sequence; whether it can be repeated, null when there is none. */
  private item(sign: string, depth: number): boolean | null {
    if (sign === '"') {
      this.at++
      const text = this.take(TEXT)
      if (text === null) throw this.wrong('a text in quotes does not end, or has an unknown escape')
      return text.length > 1
    }
    if (sign === '[') {
      this.at++
      if (this.take(CLASS) === null) throw this.wrong('a class in brackets does not end, or has an unknown escape')
      return true
    }
    if (sign === '(') {
      this.at++
      this.skip(BLANKS_AND_LINES)
      this.alternatives(depth + 1)
      if (this.text[this.at] !== ')') throw this.wrong(') is missing')
      this.at++
      return true
    }
    if (sign === '.') {
      this.at++
      return true
    }
    if (sign === '<' || sign === '!') {
      if (this.take(TOKEN) === null) throw this.wrong('a token is written <name> or <[number]>')
      return true
    }
    const name = this.take(NAME)
    if (name === null) return null
    this.used.add(name)
    return true
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)?.[0]
    if (found === undefined) return null
    this.at += found.length
    return found
  }

  private skip(pattern: RegExp): void {
    this.take(pattern)
  }

  private wrong(message: string): Error {
    return this.refuse(message, this.text.slice(0, this.at).split('\n').length)
  }
}
