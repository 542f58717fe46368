import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { AppError, textOfLines, say } from '#contract'
import type { PageLine } from '#contract'
import { checkRatio } from '../picture/index.ts'
import { findInk, isBlank, isWhite } from './ink.ts'
import type { Drawn, Ink } from './ink.ts'
import { loadPdfium } from './pdfium.ts'
import { labelsOf } from './pageLabels.ts'
import { pageSize } from './pageSize.ts'
import { linesOf } from './pageText.ts'
import type { Pdfium } from './pdfium.ts'
import { damagedPage, damagedPdf, noInk, passwordNeeded, tooHeavy, unknownProtection } from './refusals.ts'

/** Where a PDF lies; `name` is what errors call it, `password` what opens it. */
export interface PdfSource {
  readonly path: string
  readonly name: string
  readonly password?: string
}

/** A page as it was drawn, over white, with its annotations and the values of its form. */
export interface DrawnPage extends Drawn {
  /** What a user must know of it, one English sentence each. */
  readonly notes: readonly string[]
  /** Its text layer; empty where it has none, and in a small picture. */
  readonly lines: readonly PageLine[]
  /** What its file calls it; unset: its number. */
  readonly label?: string
}

/** What a file with pages has: how many, and what it calls them, where that is not their number. */
export interface PageCount {
  readonly pages: number
  readonly labels?: readonly string[]
}

/** Reads PDFs, each page when it is asked for. One PDF is kept open, as pages are asked for one after the other. */
export interface PdfReader {
  /** How many pages there are, and their labels. Throws MediaNotFound, PasswordNeeded, UnsupportedMedia, DamagedMedia, MediaTooLarge. */
  pages(source: PdfSource): Promise<PageCount>
  /**
   * Draws a page, counted from 1, with about `pixels` pixels. Throws as `pages`; InvalidInput for a page that is not there,
   * UnsupportedMedia for one whose text cannot be drawn at all (detail `text`: what it says) unless `mayBeBlank`, as small pictures may.
   */
  draw(source: PdfSource, page: number, pixels: number, options?: { mayBeBlank: boolean }): Promise<DrawnPage>
  /** Closes the PDF that is open and gives back the memory; the next one is opened anew. */
  close(): Promise<void>
}

interface OpenPdf {
  readonly key: string
  readonly handle: number
  readonly pages: number
  readonly labels: readonly string[] | null
  readonly form: number
  readonly formInfo: number
  readonly isXfa: boolean
  closeFile(): void
}

/** Of pdfium's numbers for what went wrong, those that are told from damage. */
const errors = { password: 4, security: 5 }
/** Forms that are drawn by a program of their own (XFA), which pdfium is built without. */
const XFA_FULL = 2
/** Flags of drawing: annotations are drawn, and decoded pictures are not kept beyond a limit. */
const DRAW = 0x01 | 0x200
/** Pixels of four bytes, blue first, the last one unused. */
const BGRX = 3
/** A page without a text layer. */
const noText: Ink = { characters: 0, missing: 0 }
/** Missing characters up to this part of all are taken for bullets and the like. */
const FEW = 0.01

/** Makes a reader; pdfium is loaded with the first PDF, and anew after one that it broke on. */
export function createPdfReader(load: () => Promise<Pdfium> = loadPdfium): PdfReader {
  let loaded: Promise<Pdfium> | null = null
  let open: OpenPdf | null = null

  /** pdfium is in an unknown state: nothing of it is called any more. */
  function abandon(): void {
    loaded = null
    open?.closeFile()
    open = null
  }

  async function using<T>(source: PdfSource, work: (pdfium: Pdfium, pdf: OpenPdf) => T): Promise<T> {
    loaded ??= load()
    const pdfium = await loaded
    try {
      const key = `${source.path}\0${source.password ?? ''}`
      if (open?.key !== key) {
        if (open) close(pdfium, open)
        open = null
        open = openPdf(pdfium, source, key)
      }
      return work(pdfium, open)
    } catch (thrown) {
      if (pdfium.isStarved()) {
        abandon()
        throw tooHeavy(source.name)
      }
      if (thrown instanceof AppError) throw thrown
      abandon()
      throw damagedPdf(source.name, thrown)
    }
  }

  return {
    pages: (source) => using(source, (_, { pages, labels }) => ({ pages, ...(labels && { labels }) })),
    draw: (source, page, pixels, { mayBeBlank } = { mayBeBlank: false }) =>
      using(source, (pdfium, pdf) => {
        const { name } = source
        if (!Number.isInteger(page) || page < 1 || page > pdf.pages)
          throw new AppError('InvalidInput', say`${name} has ${pagesOf(pdf.pages)}; there is no page ${page}.`)
        const { ink, lines, objects, ...picture } = drawPage(pdfium, pdf, { name, page, pixels, withText: !mayBeBlank })
        if (!mayBeBlank && ink.missing > 0 && isBlank(picture)) throw noInk(name, page, textOfLines(lines))
        const label = pdf.labels?.[page - 1]
        return {
          ...picture,
          lines,
          ...(label !== undefined && label !== `${page}` && { label }),
          notes: notesOf(ink, pdf, { objects, isWhite: isWhite(picture) }),
        }
      }),
    async close() {
      const [library, pdf] = [loaded, open]
      loaded = null
      open = null
      if (library && pdf) close(await library, pdf)
    },
  }
}

function openPdf(pdfium: Pdfium, { path, name, password = '' }: PdfSource, key: string): OpenPdf {
  const file = openFile(path, name)
  /** pdfium asks for what it needs, so that no file is in memory as a whole. */
  const readBlock = pdfium.addFunction((_, position, target, length) => {
    const [from, to, count] = [position! >>> 0, target! >>> 0, length! >>> 0]
    return readSync(file, pdfium.memory(), to, count, from) === count ? 1 : 0
  }, 'iiiii')
  const closeFile = () => {
    closeSync(file)
    pdfium.removeFunction(readBlock)
  }
  try {
    const handle = load(pdfium, fstatSync(file).size, readBlock, password)
    if (handle === 0) {
      const error = pdfium.FPDF_GetLastError()
      if (error === errors.password) throw passwordNeeded(name, password !== '')
      throw error === errors.security ? unknownProtection(name) : damagedPdf(name)
    }
    const pages = pdfium.FPDF_GetPageCount(handle)
    if (pages < 1) throw damagedPdf(name)
    const formInfo = pdfium.PDFiumExt_OpenFormFillInfo()
    const form = pdfium.PDFiumExt_InitFormFillEnvironment(handle, formInfo)
    // the colour that viewers lay over fields to be filled in is none of the PDF's
    if (form !== 0) pdfium.FPDF_SetFormFieldHighlightAlpha(form, 0)
    const isXfa = pdfium.FPDF_GetFormType(handle) === XFA_FULL
    const labels = labelsOf(pdfium, handle, pages)
    return { key, handle, pages, labels, form, formInfo, isXfa, closeFile }
  } catch (error) {
    closeFile()
    throw error
  }
}

/** Hands a file to pdfium, which copies the three words that it is told by. 0: it does not open. */
function load(pdfium: Pdfium, bytes: number, readBlock: number, password: string): number {
  const place = pdfium.allocate(12)
  const told = new DataView(pdfium.memory().buffer, place, 12)
  for (const [i, word] of [bytes, readBlock, 0].entries()) told.setUint32(i * 4, word, true)
  const handle = pdfium.FPDF_LoadCustomDocument(place, password)
  pdfium.free(place)
  return handle
}

function close(pdfium: Pdfium, { handle, form, formInfo, closeFile }: OpenPdf): void {
  if (form !== 0) pdfium.PDFiumExt_ExitFormFillEnvironment(form)
  pdfium.PDFiumExt_CloseFormFillInfo(formInfo)
  pdfium.FPDF_CloseDocument(handle)
  closeFile()
}

function drawPage(
  pdfium: Pdfium,
  { handle, form }: OpenPdf,
  { name, page: number, pixels, withText }: { name: string; page: number; pixels: number; withText: boolean },
): Drawn & { ink: Ink; lines: readonly PageLine[]; objects: number } {
  const page = pdfium.FPDF_LoadPage(handle, number - 1)
  if (page === 0) throw damagedPage(name, number)
  try {
    if (form !== 0) pdfium.FORM_OnAfterLoadPage(page, form)
    const size = { width: pdfium.FPDF_GetPageWidthF(page), height: pdfium.FPDF_GetPageHeightF(page) }
    const { width, height } = pageSize(size, pixels) ?? raise(damagedPage(name, number))
    checkRatio({ width, height }, pageName(name, number))
    const stride = width * 4
    const place = pdfium.allocate(stride * height)
    const bitmap = pdfium.FPDFBitmap_CreateEx(width, height, BGRX, place, stride)
    try {
      pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffff_ffff)
      pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, DRAW)
      if (form !== 0) pdfium.FPDF_FFLDraw(form, bitmap, page, 0, 0, width, height, 0, DRAW)
      const data = toRgb(pdfium.memory().subarray(place, place + stride * height))
      const objects = pdfium.FPDFPage_CountObjects(page)
      const text = pdfium.FPDFText_LoadPage(page)
      try {
        const ink = text === 0 ? noText : findInk(pdfium, page, text, { data, width, height })
        const lines = withText && text !== 0 ? linesOf(pdfium, page, text, { width, height }) : []
        return { data, width, height, objects, ink, lines }
      } finally {
        if (text !== 0) pdfium.FPDFText_ClosePage(text)
      }
    } finally {
      pdfium.FPDFBitmap_Destroy(bitmap)
      pdfium.free(place)
      if (form !== 0) pdfium.FORM_OnBeforeClosePage(page, form)
    }
  } finally {
    pdfium.FPDF_ClosePage(page)
  }
}

function toRgb(bgrx: Uint8Array): Buffer {
  const rgb = Buffer.allocUnsafe((bgrx.length / 4) * 3)
  for (let from = 0, to = 0; from < bgrx.length; from += 4, to += 3) {
    rgb[to] = bgrx[from + 2]!
    rgb[to + 1] = bgrx[from + 1]!
    rgb[to + 2] = bgrx[from]!
  }
  return rgb
}

function notesOf(
  { characters, missing }: Ink,
  { isXfa }: OpenPdf,
  { objects, isWhite }: { objects: number; isWhite: boolean },
): string[] {
  const notes: string[] = []
  if (isWhite)
    notes.push(
      objects > 0
        ? 'Nothing is to be seen on this page as it is drawn here, though there is something on it.'
        : 'This page is empty.',
    )
  if (isXfa)
    notes.push(
      'The PDF is a form (XFA) that only Adobe Acrobat shows whole: print it to a new PDF there if a part is missing.',
    )
  if (missing > characters * FEW)
    notes.push(
      `${missing.toLocaleString('en')} of ${characters.toLocaleString('en')} characters on this page are not to be seen, ` +
        'most likely because their font is not in the file: print it to a new PDF in the program that shows them.',
    )
  return notes
}

function openFile(path: string, name: string): number {
  try {
    return openSync(path, 'r')
  } catch (cause) {
    const message = `${name} was not found or may not be read. Check the path, or choose the file again.`
    throw new AppError('MediaNotFound', message, undefined, { cause })
  }
}

function raise(error: AppError): never {
  throw error
}

const pagesOf = (count: number): string => (count === 1 ? '1 page' : `${count.toLocaleString('en')} pages`)

const pageName = (name: string, page: number): string => `${name}, page ${page}`
