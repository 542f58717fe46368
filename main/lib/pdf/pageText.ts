import type { PageLine, Size } from '#contract'
import type { Pdfium } from './pdfium.ts'

/** Characters of a page that are read. */
const MOST = 100_000
/** How many places, which are told as whole numbers, are to a pixel. */
const FINE = 64
/** Where a character lies farther from the one before it than this, in its own heights, another line begins. */
const GAP = 1.5

/** A box on a page as it is shown, in pixels of `FINE` parts. */
interface Box {
  x1: number
  y1: number
  x2: number
  y2: number
}

/**
 * The lines of the text layer of a page that is open (`text`: as FPDFText_LoadPage gives it), in their order in the file, each with its box in
 * shares of the page as it is shown: turned and cropped. What lies outside of it is left out. `picture`: its size in pixels.
 */
export function linesOf(pdfium: Pdfium, page: number, text: number, picture: Size): readonly PageLine[] {
  const place = pdfium.allocate(32)
  const size = { width: picture.width * FINE, height: picture.height * FINE }
  const lines: PageLine[] = []
  let words = ''
  let box: Box | null = null
  const end = (): void => {
    const said = words.replace(/\s+/gu, ' ').trim()
    if (box && said !== '' && box.x2 > 0 && box.y2 > 0 && box.x1 < size.width && box.y1 < size.height)
      lines.push(toLine(said, box, size))
    words = ''
    box = null
  }
  try {
    const count = Math.min(MOST, pdfium.FPDFText_CountChars(text))
    for (let i = 0; i < count; i++) {
      const code = pdfium.FPDFText_GetUnicode(text, i)
      if (code === 0x0a || code === 0x0d) {
        end()
        continue
      }
      const sign = signOf(code)
      if (sign.trim() === '') {
        words += sign
        continue
      }
      const at = boxOf(pdfium, { page, text, size }, i, place)
      if (at && box && isApart(box, at)) end()
      words += sign
      if (at) box = box ? joined(box, at) : at
    }
    end()
    return lines
  } finally {
    pdfium.free(place)
  }
}

/** What a character is in text; pdfium marks a hyphen at the end of a line by a number of its own. */
function signOf(code: number): string {
  if (code === 0x02 || code === 0xfffe) return '-'
  if (code < 0x20 || code > 0x10_ffff || (code >= 0xd800 && code <= 0xdfff)) return ' '
  return String.fromCodePoint(code)
}

/** A page that is open, its text, and its size in parts of pixels. */
interface OpenPage {
  readonly page: number
  readonly text: number
  readonly size: Size
}

function boxOf(pdfium: Pdfium, { page, text, size }: OpenPage, i: number, place: number): Box | null {
  if (!pdfium.FPDFText_GetLooseCharBox(text, i, place)) return null
  const [left, top, right, bottom] = new Float32Array(pdfium.memory().slice(place, place + 16).buffer)
  const point = (x: number, y: number): [number, number] => {
    pdfium.FPDF_PageToDevice(page, 0, 0, size.width, size.height, 0, x, y, place + 16, place + 20)
    const [across, down] = new Int32Array(pdfium.memory().slice(place + 16, place + 24).buffer)
    return [across!, down!]
  }
  const [[xa, ya], [xb, yb]] = [point(left!, top!), point(right!, bottom!)]
  return { x1: Math.min(xa, xb), y1: Math.min(ya, yb), x2: Math.max(xa, xb), y2: Math.max(ya, yb) }
}

/** Whether a character is no neighbour of the line before it: columns of a table, or a line that no break ends. */
function isApart(line: Box, at: Box): boolean {
  const reach = Math.max(at.y2 - at.y1, at.x2 - at.x1, 1) * GAP
  return at.x1 > line.x2 + reach || at.x2 < line.x1 - reach || at.y1 > line.y2 + reach || at.y2 < line.y1 - reach
}

const joined = (one: Box, other: Box): Box => ({
  x1: Math.min(one.x1, other.x1),
  y1: Math.min(one.y1, other.y1),
  x2: Math.max(one.x2, other.x2),
  y2: Math.max(one.y2, other.y2),
})

function toLine(text: string, { x1, y1, x2, y2 }: Box, { width, height }: Size): PageLine {
  const share = (value: number, whole: number) => Math.min(1, Math.max(0, value / whole))
  return { text, x1: share(x1, width), y1: share(y1, height), x2: share(x2, width), y2: share(y2, height) }
}
