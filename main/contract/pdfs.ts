import { oc } from '@orpc/contract'
import { z } from 'zod'
import { ImageAttachment, PictureBudget, Sha256 } from './media.ts'

/** The longest password, in characters: more than any form of protection looks at. */
const MAX_PASSWORD = 500

const Pdf = z.object({ sha: Sha256, name: z.string().min(1).max(255) })

/**
 * From a PDF to a question: its file is stored as any other (`StoredFile`), `open` says how many pages it has, and
 * `takePage` makes a picture of one, which is asked about as every picture. `GET <attachments><sha>?page=N` is a small picture
 * of a page for lists, once the PDF is open. `name` is what errors and pages call it.
 */
export const pdfs = {
  /**
   * How many pages there are. PasswordNeeded (detail `wrong`: whether one was given) for a protected one; a password that
   * opened it is remembered until the app ends, nowhere but in memory. NotFound, UnsupportedMedia, DamagedMedia, MediaTooLarge.
   */
  open: oc
    .input(Pdf.extend({ password: z.string().max(MAX_PASSWORD).optional() }))
    .output(z.object({ pages: z.int().positive() })),
  /**
   * Stores a page, counted from 1, as a picture named "FILE, page N", as large as its budget allows: at least a megapixel, so
   * that people can read it, at most 200 dpi. `budget`: null: that of the chosen model. Throws as `open`, InvalidInput for a
   * page that is not there, and UnsupportedMedia for one whose text cannot be drawn.
   */
  takePage: oc
    .input(Pdf.extend({ page: z.int().positive(), budget: PictureBudget.nullable() }))
    .output(ImageAttachment),
}
