/** What olmOCR says of a page before its text. */
export interface FrontMatter {
  /** ISO 639-1; null: the page has no text, or it was not told. */
  readonly language: string | null
  readonly isRotationValid: boolean
  /** By how many degrees, against the clock, the page has to be turned. */
  readonly rotation: 0 | 90 | 180 | 270
  readonly isTable: boolean
  readonly isDiagram: boolean
}

/**
 * Reads the YAML block that an olmOCR answer begins with, between two lines of `---`; null while its end is not there, or
 * where there is none. `body`: the text behind it, empty while the block is being written.
 */
export function readFrontMatter(text: string): { readonly front: FrontMatter | null; readonly body: string } {
  const start = /^\s*---[ \t]*(\n|$)/.exec(text)
  if (!start) return { front: null, body: isBeginning(text) ? '' : text }
  const inside = text.slice(start[0].length)
  const end = /(^|\n)---[ \t]*(\n|$)/.exec(inside)
  // a page that only begins with a rule has no such lines
  if (!/^\s*($|[a-z_]*(?::|$))/.test(inside)) return { front: null, body: text }
  if (!end) return { front: null, body: '' }
  const values = new Map(
    inside
      .slice(0, end.index)
      .split('\n')
      .map((line) => /^\s*(\w+)\s*:(.*)$/s.exec(line))
      .filter((line) => line !== null)
      .map(([, key, value]) => [key!, value!.trim().replace(/^["']|["']$/g, '')]),
  )
  const isTrue = (key: string, otherwise: boolean) => {
    const value = values.get(key)?.toLowerCase()
    return value === 'true' ? true : value === 'false' ? false : otherwise
  }
  const degrees = Number(values.get('rotation_correction') ?? 0)
  const language = values.get('primary_language') ?? ''
  return {
    front: {
      language: /^[a-z]{2,3}(-\w+)?$/i.test(language) ? language : null,
      isRotationValid: isTrue('is_rotation_valid', true),
      rotation: degrees === 90 || degrees === 180 || degrees === 270 ? degrees : 0,
      isTable: isTrue('is_table', false),
      isDiagram: isTrue('is_diagram', false),
    },
    body: inside.slice(end.index + end[0].length),
  }
}

/** Whether a text may become the first line of such a block with what comes. */
const isBeginning = (text: string): boolean => '---'.startsWith(text.trim()) && text.trim() !== ''
