/** What encloses a model's thoughts in what it writes, and in the templates that know of them. */
export const OPENS = '<think>'
export const CLOSES = '</think>'

/**
 * What the engine writes to end a thought that has become too long, so that the model goes on to its answer. Qwen documents
 * it for its models that think ("thinking budget" in the documentation of Qwen3).
 */
export const EARLY_END = `\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now.\n${CLOSES}\n\n`

/**
 * How an answer begins: inside a thought that its prompt opened, with one that the model may open as its very first words, or
 * with none.
 */
export type ThoughtStart = 'inside' | 'possible' | 'none'

/** What a piece of an answer turned out to be. */
export interface SplitPiece {
  readonly reasoning: string
  readonly text: string
}

/** Line ends between a thought and its answer belong to neither. */
const LINE_ENDS = /^[\r\n]+/

/**
 * Tells a thought from the answer after it while both are written, whatever pieces they come in: the tags may be tokens of
 * their own, or spelled in several. What may still become a tag is held back, and so are blanks at the end of a thought.
 * Only the first thought counts; tags in an answer are its text.
 */
export class ThoughtSplitter {
  /** `after`: its thought has closed, and nothing of the answer has come. */
  private at: ThoughtStart | 'after'
  /** Text that is not told yet. */
  private held = ''
  private hasReasoning: boolean
  private closed = false
  private readonly closes: readonly string[]
  /** Whether what closes the thought is the beginning of the answer. */
  private readonly isUntagged: boolean

  /**
   * `until`: of a thought that no tag closes, what the answer after it may begin with. `isBegun`: some of the thought was
   * told before, so that its blanks are those between words.
   */
  constructor(at: ThoughtStart, until?: readonly string[], isBegun = false) {
    this.at = at
    this.hasReasoning = isBegun
    this.closes = until ?? [CLOSES]
    this.isUntagged = until !== undefined
  }

  /** Whether the answer is in a thought. */
  get isInside(): boolean {
    return this.at === 'inside'
  }

  /** Whether a thought was there and has closed. */
  get hasClosed(): boolean {
    return this.closed
  }

  /** Whether any of a thought was told. */
  get hasThought(): boolean {
    return this.hasReasoning
  }

  push(piece: string): SplitPiece {
    this.held += piece
    if (this.at === 'possible') this.decide()
    const reasoning = this.at === 'inside' ? this.takeReasoning() : ''
    if (reasoning !== '') this.hasReasoning = true
    return { reasoning, text: this.takeText() }
  }

  /** What was held back, when nothing more comes. */
  end(): SplitPiece {
    const { at, held } = this
    this.held = ''
    if (at !== 'inside') return { reasoning: '', text: held }
    const left = this.startOfThought(held).trimEnd()
    // what never began its answer has its last paragraph for one
    const border = this.isUntagged ? left.lastIndexOf('\n\n') : left.length
    const [reasoning, text] = border < 0 ? ['', left] : [left.slice(0, border), left.slice(border).trimStart()]
    if (reasoning !== '') this.hasReasoning = true
    return { reasoning, text }
  }

  /** The thought has ended and the answer begins with the next piece, whatever that begins with. Drops what is held back. */
  beginAnswer(): void {
    this.held = ''
    this.at = 'none'
  }

  private decide(): void {
    const start = this.held.trimStart()
    if (start.startsWith(OPENS)) {
      this.at = 'inside'
      this.held = start.slice(OPENS.length)
    } else if (!OPENS.startsWith(start)) this.at = 'none'
  }

  private takeReasoning(): string {
    const held = this.startOfThought(this.held)
    const { at: end, word } = firstOf(held, this.closes)
    if (end >= 0) {
      this.at = 'after'
      this.closed = true
      this.held = held.slice(this.isUntagged ? end : end + word.length)
      return held.slice(0, end).trimEnd()
    }
    // of a thought without a tag the last paragraph may be the answer
    const paragraph = this.isUntagged ? Math.max(0, held.trimEnd().lastIndexOf('\n\n')) : held.length
    const told = held.slice(0, Math.min(paragraph, held.length - partOf(held, this.closes))).trimEnd()
    this.held = held.slice(told.length)
    return told
  }

  private takeText(): string {
    if (this.at === 'possible' || this.at === 'inside') return ''
    const text = this.at === 'after' ? this.held.replace(LINE_ENDS, '') : this.held
    this.held = ''
    if (text !== '') this.at = 'none'
    return text
  }

  private startOfThought(text: string): string {
    return this.hasReasoning ? text : text.trimStart()
  }
}

/** Where the first of several words stands in a text, the longest of those that begin there; -1: none does. */
function firstOf(text: string, words: readonly string[]): { readonly at: number; readonly word: string } {
  const found = words.map((word) => ({ at: text.indexOf(word), word })).filter(({ at }) => at >= 0)
  return found.sort((a, b) => a.at - b.at || b.word.length - a.word.length)[0] ?? { at: -1, word: '' }
}

/** How many characters at the end of a text may be the beginning of one of `words`. */
function partOf(text: string, words: readonly string[]): number {
  const longest = Math.max(0, ...words.map((word) => word.length - 1))
  for (let length = Math.min(longest, text.length); length > 0; length--)
    if (words.some((word) => word.length > length && word.startsWith(text.slice(-length)))) return length
  return 0
}

/** Ends a text before the first of several words, whatever pieces it comes in; what may become one is held back. */
export class StopWords {
  private readonly words: readonly string[]
  private held = ''
  private found = false

  constructor(words: readonly string[] = []) {
    this.words = words
  }

  /** Whether a word has come; nothing more is told from then on. */
  get hasStopped(): boolean {
    return this.found
  }

  /** What can be told of the text so far. */
  push(piece: string): string {
    if (this.found || this.words.length === 0) return this.found ? '' : piece
    this.held += piece
    const { at } = firstOf(this.held, this.words)
    this.found = at >= 0
    const told = this.held.slice(0, this.found ? at : this.held.length - partOf(this.held, this.words))
    this.held = this.found ? '' : this.held.slice(told.length)
    return told
  }

  /** What was held back, when nothing more comes. */
  end(): string {
    const { held } = this
    this.held = ''
    return held
  }
}
