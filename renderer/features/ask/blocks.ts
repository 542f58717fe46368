/**
 * A question as it is read: words and media in turn, words first and last. In a draft the words before a medium are its `lead`, those
 * after the last one the draft's text; a question whose pictures stand above its words has no leads.
 */
export type Block<P> = string | P

/** A picture or video, and the words before it. */
interface Placed {
  readonly key: string
  readonly lead?: string
}

interface Composed<P extends Placed> {
  readonly pictures: readonly P[]
  readonly text: string
}

export const isWords = <P>(block: Block<P>): block is string => typeof block === 'string'

export const blocksOf = <P extends Placed>({ pictures, text }: Composed<P>): readonly Block<P>[] => [
  ...pictures.flatMap((picture): readonly Block<P>[] => [picture.lead ?? '', picture]),
  text,
]

/** Words that meet, with a space between them. */
const joined = (before: string, after: string): string =>
  before.trim() === '' ? after : after.trim() === '' ? before : `${before.trimEnd()} ${after.trimStart()}`

function withLead<P extends Placed>(picture: P, lead: string | undefined): P {
  const { lead: _, ...rest } = picture
  return (lead === undefined ? rest : { ...rest, lead }) as unknown as P
}

/** The draft of these blocks; words that are neighbours become one. */
export function ofBlocks<P extends Placed, D extends Composed<P>>(draft: D, blocks: readonly Block<P>[]): D {
  const pictures: P[] = []
  let text = ''
  for (const block of blocks) {
    if (isWords(block)) text = joined(text, block)
    else {
      pictures.push(withLead(block, text === '' ? undefined : text))
      text = ''
    }
  }
  return { ...draft, pictures, text }
}

/** Pictures with the words before each that stand before those of `places`. */
export const withLeads = <P extends Placed>(pictures: readonly P[], places: readonly P[]): readonly P[] =>
  pictures.map((picture, i) => withLead(picture, places[i]?.lead))

/** Whether media stand among the words. */
export const hasLeads = ({ pictures }: { readonly pictures: readonly Placed[] }): boolean =>
  pictures.some(({ lead }) => lead !== undefined)

/** A place in the words: before the picture `before`, null: after the last one; `offset` in UTF-16 units. */
export interface Caret {
  readonly before: string | null
  readonly offset: number
}

/** Whether what is added stands at the caret: the question has media among its words already, or the caret is in a sentence. */
export function standsAtCaret(draft: Composed<Placed>, { before, offset }: Caret): boolean {
  if (before !== null || hasLeads(draft)) return true
  const head = draft.text.slice(0, offset)
  return head.trim() !== '' && (/\s$/.test(head) || draft.text.slice(offset).trim() !== '')
}

/** The draft with media, which it holds, at a place in its words. */
export function placeAt<P extends Placed, D extends Composed<P>>(
  draft: D,
  keys: readonly string[],
  { before, offset }: Caret,
): D {
  const media = draft.pictures.filter(({ key }) => keys.includes(key))
  const blocks = blocksOf<P>(draft)
  const at = before === null ? blocks.length : blocks.findIndex((block) => !isWords(block) && block.key === before)
  const words = blocks[at - 1]
  if (media.length === 0 || words === undefined || !isWords(words)) return draft
  const split = [...blocks.slice(0, at - 1), words.slice(0, offset), null, words.slice(offset), ...blocks.slice(at)]
  const rest = split.filter((block) => block === null || isWords(block) || !keys.includes(block.key))
  return ofBlocks(
    draft,
    rest.flatMap((block) => (block === null ? media : [block])),
  )
}

/** The draft with a medium moved over one word, forward or back; over its neighbour where no words are between them. */
export function moveOverWord<P extends Placed, D extends Composed<P>>(draft: D, key: string, by: 1 | -1): D {
  const blocks = [...blocksOf<P>(draft)]
  const at = blocks.findIndex((block) => !isWords(block) && block.key === key)
  if (at < 0) return draft
  const before = blocks[at - 1] as string
  const after = blocks[at + 1] as string
  const passed = by > 0 ? after : before
  const word = (by > 0 ? /^\s*\S+/ : /\S+\s*$/).exec(passed)?.[0]
  if (word !== undefined) {
    const rest = by > 0 ? passed.slice(word.length) : passed.slice(0, -word.length)
    blocks[at - 1] = by > 0 ? before + word : rest
    blocks[at + 1] = by > 0 ? rest : word + after
    return ofBlocks(draft, blocks)
  }
  const other = at + 2 * by
  if (blocks[other] === undefined) return draft
  ;[blocks[at], blocks[other]] = [blocks[other]!, blocks[at]!]
  return ofBlocks(draft, blocks)
}
