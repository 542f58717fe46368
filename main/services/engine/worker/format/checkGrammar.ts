import { AppError } from '#contract'

const MAX_CHARACTERS = 1 << 20
const MAX_RULES = 10_000
/** llama.cpp reads groups by recursion, which ends the process when they are nested too deeply. */
const MAX_DEPTH = 200

/**
 * Checks a GBNF text for what llama.cpp does not survive or cannot be given: its size, its nesting, zero bytes. Whether it
 * is a grammar llama.cpp then says itself. @throws AppError InvalidInput.
 */
export function checkGrammar(grammar: string): void {
  if (grammar.trim() === '') throw refuse('it is empty. Write at least one rule called root.')
  if (grammar.length > MAX_CHARACTERS) throw refuse(`it is longer than ${MAX_CHARACTERS.toLocaleString('en')} characters.`)
  if (grammar.includes('\0')) throw refuse('it holds a zero byte. Write it as \\x00.')
  if (grammar.split('::=').length - 1 > MAX_RULES) throw refuse(`it has more than ${MAX_RULES.toLocaleString('en')} rules.`)
  if (depthOf(grammar) > MAX_DEPTH) throw refuse(`its groups are nested more than ${MAX_DEPTH} deep.`)
}

/** How deep groups are nested outside of texts, character classes, token names and comments. */
function depthOf(grammar: string): number {
  let depth = 0
  let deepest = 0
  for (const [token] of grammar.matchAll(/"(?:\\[^]|[^"\\])*"?|\[(?:\\[^]|[^\]\\])*\]?|<[^>]*>?|#[^\r\n]*|[()]/g)) {
    if (token === '(') deepest = Math.max(deepest, ++depth)
    if (token === ')') depth--
  }
  return deepest
}

const refuse = (what: string): AppError => new AppError('InvalidInput', `The answer's grammar cannot be used: ${what}`)
