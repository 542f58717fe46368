import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ImageAttachment, MAX_PAGE_LABEL, PictureBudget, Sha256 } from './media.ts'

/** The longest password, in characters: more than any form of protection looks at. */
const MAX_PASSWORD = 500

/** A line of the text layer of a page, and the box that it is written in, in shares of the page as it is shown. */
export const PageLine = z.object({
  text: z.string(),
  x1: z.number(),
  y1: z.number(),
  x2: z.number(),
  y2: z.number(),
})
export type PageLine = z.infer<typeof PageLine>

/** What is written on a page: its lines in the order in which its file has them. */
export const textOfLines = (lines: readonly PageLine[]): string => lines.map(({ text }) => text).join('\n')

const Paged = z.object({ sha: Sha256, name: z.string().min(1).max(255) })

/**
 * From a file with pages to a question: it is stored as any other (`StoredFile`), `open` says how many pages it has, and
 * `takePage` makes a picture of one, which is asked about as every picture. `GET <attachments><sha>?page=N` is a small picture
 * of a page for lists, once the file is open. `name` is what errors and pages call it.
 */
export const pages = {
  /**
   * How many pages there are, and what the file calls them where that is not their number (`labels`, one for each). PasswordNeeded (detail `wrong`: whether one was given) for a protected one; a password that
   * opened it is remembered until the app ends, nowhere but in memory. NotFound, UnsupportedMedia, DamagedMedia, MediaTooLarge.
   */
  open: oc
    .input(Paged.extend({ password: z.string().max(MAX_PASSWORD).optional() }))
    .output(z.object({ pages: z.int().positive(), labels: z.array(z.string().max(MAX_PAGE_LABEL)).optional() })),
  /**
   * Stores a page, counted from 1, as a picture that is named by `pageName`. One that is drawn is as large as its budget allows: at
   * least a megapixel, so that people can read it, that of a PDF at most 200 dpi; a page of a TIFF is as large as it is. `budget`: null: that of the chosen model. Throws as `open`, InvalidInput for a
   * page that is not there, and UnsupportedMedia for one whose text cannot be drawn (detail `text`: what it says).
   */
  takePage: oc
    .input(Paged.extend({ page: z.int().positive(), budget: PictureBudget.nullable() }))
    .output(ImageAttachment),
  /** The text layer of a page that was stored as a picture; no lines where it has none. NotFound where it had one that is not kept
   * here, as of a page that was imported. It goes to no model by itself. */
  text: oc.input(z.object({ sha: Sha256 })).output(z.object({ lines: z.array(PageLine) })),
}

/** The longest name of a file, in characters. */
const LONGEST_NAME = 255

/** What a page is called, "FILE, page N" or "FILE, page LABEL (N)", within what a name may have; a drawing, which is one page, as its file. */
export function pageName(file: string, page: number, label?: string): string {
  if (/\.svgz?$/i.test(file)) return file
  const end = `, page ${pageTitle(page, label)}`
  return `${file.slice(0, LONGEST_NAME - end.length).toWellFormed()}${end}`
}

/** The name of the file that a page has its name from. */
export const fileOfPage = (name: string): string => name.replace(/, page (?:\d+|.{1,32} \(\d+\))$/, '')

/** A page by its number, with its label where it has one: "iii (3)". */
export const pageTitle = (page: number, label?: string): string =>
  label === undefined ? `${page}` : `${label} (${page})`
