import type { Pdfium } from './pdfium.ts'

/** Pixels of a page: 8 bits, R G B, rows from top to bottom. */
export interface Drawn {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/** Characters of a page that should be seen, and those of them that left nothing on the picture. */
export interface Ink {
  readonly characters: number
  readonly missing: number
}

/** Characters that are looked at. */
const MOST = 20_000
/** How far values of one colour may lie apart. */
const NEAR = 24
/** How far a colour has to lie from another one so that a character is seen on it. */
const APART = 64
/** Modes of text that draws nothing: an invisible layer over a scan, or the edge of what is cut out. */
const UNSEEN_MODES = [3, 7]

/**
 * Looks for every character of a page (`text`: as FPDFText_LoadPage gives it) on its picture. What is drawn in a font that is neither in the file nor here leaves its
 * place empty without an error.
 */
export function findInk(pdfium: Pdfium, page: number, text: number, picture: Drawn): Ink {
  const place = pdfium.allocate(16)
  try {
    let [characters, missing] = [0, 0]
    const count = Math.min(MOST, pdfium.FPDFText_CountChars(text))
    for (let i = 0; i < count; i++) {
      const code = pdfium.FPDFText_GetUnicode(text, i)
      if (!isVisible(code) || pdfium.FPDFText_IsGenerated(text, i) === 1) continue
      if (UNSEEN_MODES.includes(pdfium.FPDFTextObj_GetTextRenderMode(pdfium.FPDFText_GetTextObject(text, i)))) continue
      if (!pdfium.FPDFText_GetFillColor(text, i, place, place + 4, place + 8, place + 12)) continue
      const [red, green, blue, alpha] = new Uint32Array(pdfium.memory().slice(place, place + 16).buffer)
      if (alpha! < APART || !pdfium.FPDFText_GetLooseCharBox(text, i, place)) continue
      const [left, top, right, bottom] = new Float32Array(pdfium.memory().slice(place, place + 16).buffer)
      const box = { left: left!, top: top!, right: right!, bottom: bottom! }
      const under = colourWithin(picture, onPicture(pdfium, page, picture, box, place))
      if (under === 'outside') continue
      const isMissing = under !== 'several' && differs(under, [red!, green!, blue!])
      // a layer that its file hides
      if (isMissing && isInLayer(pdfium, pdfium.FPDFText_GetTextObject(text, i))) continue
      characters++
      if (isMissing) missing++
    }
    return { characters, missing }
  } finally {
    pdfium.free(place)
  }
}

/** What the mark of a layer is called (optional content, ISO 32000-1, 8.11.3), in UTF-16 with its end. */
const LAYER = 'OC\0'
const MOST_MARKS = 32

/** Whether an object of a page is part of a layer, which can be hidden. */
function isInLayer(pdfium: Pdfium, object: number): boolean {
  const place = pdfium.allocate(16)
  try {
    const count = Math.min(MOST_MARKS, pdfium.FPDFPageObj_CountMarks(object))
    for (let n = 0; n < count; n++) {
      const bytes = LAYER.length * 2
      if (!pdfium.FPDFPageObjMark_GetName(pdfium.FPDFPageObj_GetMark(object, n), place, bytes, place + 8)) continue
      if (Buffer.from(pdfium.memory().slice(place, place + bytes)).toString('utf16le') === LAYER) return true
    }
    return false
  } finally {
    pdfium.free(place)
  }
}

/** Whether a page shows nothing at all: one colour everywhere. */
export const isBlank = (picture: Drawn): boolean => typeof wholeColour(picture) !== 'string'

/** Whether a page is as white as the paper under it. */
export function isWhite(picture: Drawn): boolean {
  const colour = wholeColour(picture)
  return typeof colour !== 'string' && colour.every((value) => value > 255 - NEAR)
}

const wholeColour = (picture: Drawn): readonly number[] | 'several' | 'outside' =>
  colourWithin(picture, { left: 0, top: 0, right: picture.width - 1, bottom: picture.height - 1 })

const isVisible = (code: number): boolean =>
  code > 0x20 && code <= 0x10_ffff && !/[\s\p{C}\p{Z}\p{M}]/u.test(String.fromCodePoint(code))

interface Box {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

/** A box of the page in pixels of its picture, without the edges that neighbours reach into. */
function onPicture(pdfium: Pdfium, page: number, { width, height }: Drawn, box: Box, place: number): Box {
  const point = (x: number, y: number): [number, number] => {
    pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, place, place + 4)
    const [left, top] = new Int32Array(pdfium.memory().slice(place, place + 8).buffer)
    return [left!, top!]
  }
  const [[x1, y1], [x2, y2]] = [point(box.left, box.top), point(box.right, box.bottom)]
  const [left, right] = [Math.min(x1, x2), Math.max(x1, x2)]
  const [top, bottom] = [Math.min(y1, y2), Math.max(y1, y2)]
  const edge = Math.round((bottom - top) * 0.15)
  return { left, top: top + edge, right, bottom: bottom - edge }
}

/** The one colour that fills a box, if it is one. */
function colourWithin(
  { data, width, height }: Drawn,
  { left, top, right, bottom }: Box,
): readonly number[] | 'several' | 'outside' {
  const [x1, x2] = [Math.max(0, left), Math.min(width - 1, right)]
  const [y1, y2] = [Math.max(0, top), Math.min(height - 1, bottom)]
  if (x1 > x2 || y1 > y2) return 'outside'
  const at = (y1 * width + x1) * 3
  const first = [data[at]!, data[at + 1]!, data[at + 2]!]
  for (let y = y1; y <= y2; y++) {
    const end = (y * width + x2) * 3
    for (let i = (y * width + x1) * 3; i <= end; i += 3) {
      if (
        Math.abs(data[i]! - first[0]!) > NEAR ||
        Math.abs(data[i + 1]! - first[1]!) > NEAR ||
        Math.abs(data[i + 2]! - first[2]!) > NEAR
      )
        return 'several'
    }
  }
  return first
}

const differs = (one: readonly number[], other: readonly number[]): boolean =>
  one.some((value, i) => Math.abs(value - other[i]!) > APART)
