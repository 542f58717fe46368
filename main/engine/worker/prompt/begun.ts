import type { BegunAnswer } from '../../types.ts'
import { unusedCharacter } from '../language/tokenizer.ts'
import type { Tokenizer } from '../language/tokenizer.ts'
import { CLOSES, OPENS } from '../thoughts.ts'
import type { ThoughtStart } from '../thoughts.ts'
import { endsInThought } from './template.ts'

/** An answer that is gone on with, as its prompt ends with it. */
export interface Begun {
  readonly ids: readonly number[]
  /** What comes next. */
  readonly thought: ThoughtStart
  /** Tokens of its text alone, by which the form that it is held to knows where it stands. */
  readonly textIds: readonly number[]
}

/**
 * How a prompt that ends with `written` goes on with an answer that was begun; `isUntagged`: a thought before it has no tags. Its
 * own tokens where they are known and say what it says, so that it goes on as if it had never ended; null: there is nothing
 * of it.
 */
export async function beginWith(
  { text, reasoning = '', tokens = [] }: BegunAnswer,
  written: string,
  tokenizer: Tokenizer,
  isUntagged: boolean,
): Promise<Begun | null> {
  if (text === '' && reasoning === '') return null
  const textIds = text === '' ? [] : await tokenizer.encode(text)
  const said = tokens.every((id) => tokenizer.has(id)) ? decoded(tokens, tokenizer) : ''
  const isIts = tokens.length > 0 && (text === '' ? said.includes(reasoning) : said.endsWith(text))
  const isThinking = text === '' && !(isIts && said.includes(CLOSES))
  const thought = isThinking ? 'inside' : 'none'
  if (isIts) return { ids: tokens, thought, textIds }
  const before = await tokensOf(
    thoughtBefore(reasoning, isThinking, endsInThought(written), isUntagged),
    reasoning,
    tokenizer,
  )
  return { ids: [...before, ...textIds], thought, textIds }
}

/** What stands before the text, with the thought as `REASONING`. */
function thoughtBefore(reasoning: string, isThinking: boolean, isOpen: boolean, isUntagged: boolean): string {
  if (isUntagged) return reasoning === '' ? '' : `${REASONING}${isThinking ? '' : '\n\n'}`
  if (reasoning === '' && !isOpen) return ''
  const opens = isOpen ? '' : `${OPENS}\n`
  return `${opens}${reasoning === '' ? '' : REASONING}${isThinking ? '' : `\n${CLOSES}\n\n`}`
}

/** Stands for the thought, which may read like anything. */
const REASONING = '\u0000'

/** The tokens of a text of the engine's own, whose tags are the model's where it has such tokens, with the thought in it. */
async function tokensOf(text: string, reasoning: string, tokenizer: Tokenizer): Promise<number[]> {
  const { specials } = tokenizer
  const mark = unusedCharacter([reasoning])
  const pieces = specials.pieces(
    text.replace(REASONING, () => specials.marked(reasoning, mark)),
    mark,
  )
  return (
    await Promise.all(pieces.map((piece) => ('text' in piece ? tokenizer.encode(piece.text) : [piece.id])))
  ).flat()
}

/** What tokens say, without a last character that is not whole. */
function decoded(tokens: readonly number[], tokenizer: Tokenizer): string {
  const decoder = new TextDecoder()
  return tokens.map((id) => decoder.decode(tokenizer.piece(id), { stream: true })).join('')
}
