import { AppError } from '#contract'
import { readSchema } from '../../lib/jsonSchema/index.ts'
import type { AnswerFormat } from '../types.ts'
import { schemaToGrammar } from './jsonSchema.ts'
import { readGrammar } from './readGrammar.ts'

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

const refuse = (what: string): AppError => new AppError('InvalidInput', `The answer's grammar cannot be used: ${what}`)
