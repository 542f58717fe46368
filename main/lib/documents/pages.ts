/** A page that was read ends with a form feed on a line of its own: by that it is told from one that was cut off. */
export const PAGE_END = '\n\f\n'

const TURNED = /^<!-- turned (90|180|270) -->\n?/
const FAILED = /^<!-- not read: (.*?) -->\n?/

/** A page as an answer's text holds it. */
export interface PageText {
  /** All that stands between the page's end and the one before it. */
  readonly whole: string
  /** Without what this app wrote before it. */
  readonly text: string
  /** Whether its end is there. */
  readonly isWhole: boolean
  /** By how many degrees, against the clock, it was turned before it was read. */
  readonly turned: 0 | 90 | 180 | 270
  /** Why it could not be read, or not to its end; null: it was. */
  readonly failure: string | null
}

/** The pages of an answer's text, in order; nothing behind the last end is no page. */
export function splitPages(text: string): PageText[] {
  const pieces = text.split(/\n?\f\n?/)
  const last = pieces.at(-1)!
  if (pieces.length > 1 && last.trim() === '') pieces.pop()
  const ends = text.split('\f').length - 1
  return pieces.map((piece, i) => {
    const failed = FAILED.exec(piece)
    const told = piece.slice(failed?.[0].length ?? 0)
    const turned = TURNED.exec(told)
    return {
      whole: piece,
      text: told.slice(turned?.[0].length ?? 0),
      isWhole: i < ends,
      turned: turned ? (Number(turned[1]) as 90 | 180 | 270) : 0,
      failure: failed ? failed[1]! : null,
    }
  })
}

/** What stands before a page that was turned by so many degrees against the clock. */
export const turnedLine = (degrees: number): string => `<!-- turned ${degrees} -->\n`

/** A page that could not be read, and why, in one sentence. */
export const failedPage = (why: string): string =>
  `<!-- not read: ${why.replace(/\s+/g, ' ').replaceAll('--', '–').replace(/>/g, '›')} -->`

/** What of a text may stand in a page: no end of one. */
export const withoutPageEnds = (text: string): string => text.replaceAll('\f', ' ')
