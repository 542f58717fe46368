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
  private hasReasoning = false
  private closed = false

  constructor(at: ThoughtStart) {
    this.at = at
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
    const reasoning = this.startOfThought(held).trimEnd()
    if (reasoning !== '') this.hasReasoning = true
    return { reasoning, text: '' }
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
    const end = held.indexOf(CLOSES)
    if (end >= 0) {
      this.at = 'after'
      this.closed = true
      this.held = held.slice(end + CLOSES.length)
      return held.slice(0, end).trimEnd()
    }
    const told = held.slice(0, held.length - partOfTag(held)).trimEnd()
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

/** How many characters at the end of a text may be the beginning of a closing tag. */
function partOfTag(text: string): number {
  for (let length = Math.min(CLOSES.length - 1, text.length); length > 0; length--)
    if (CLOSES.startsWith(text.slice(-length))) return length
  return 0
}
