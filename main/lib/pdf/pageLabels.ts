import { MAX_PAGE_LABEL } from '#contract'
import type { Pdfium } from './pdfium.ts'

/** Bytes of a label in UTF-16 that are read, with the end. */
const BYTES = MAX_PAGE_LABEL * 2 + 2
/** Of files with more pages no labels are read. */
const MOST_PAGES = 20_000

/** What a PDF calls its pages, one for each; null: as they are counted. A page without a label is called by its number. */
export function labelsOf(pdfium: Pdfium, document: number, pages: number): readonly string[] | null {
  if (pages > MOST_PAGES) return null
  const place = pdfium.allocate(BYTES)
  try {
    const labels = Array.from({ length: pages }, (_, i) => {
      const bytes = pdfium.FPDF_GetPageLabel(document, i, place, BYTES)
      // one that is longer is not written at all
      if (bytes <= 2 || bytes > BYTES) return `${i + 1}`
      const label = Buffer.from(pdfium.memory().slice(place, place + bytes - 2)).toString('utf16le')
      return label.replace(/[\p{C}\s]+/gu, ' ').trim() || `${i + 1}`
    })
    return labels.every((label, i) => label === `${i + 1}`) ? null : labels
  } finally {
    pdfium.free(place)
  }
}
