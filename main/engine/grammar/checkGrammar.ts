import { AppError } from '#contract'
import { readGrammar } from './readGrammar.ts'

const MAX_CHARACTERS = 1 << 20
const MAX_RULES = 10_000

/**
 * Checks a GBNF text before llama.cpp reads it: its syntax, that the rules it uses are there, and what would end the
 * process, such as groups nested too deeply. @throws AppError InvalidInput with the line.
 */
export function checkGrammar(grammar: string): void {
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
