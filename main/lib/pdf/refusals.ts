import { AppError, say } from '#contract'

/** Characters of a page that cannot be drawn that are offered in its place. */
const MOST_OFFERED = 20_000

/** It is protected; `wrong`: the password that was given does not open it. */
export const passwordNeeded = (name: string, wrong: boolean): AppError =>
  new AppError(
    'PasswordNeeded',
    wrong
      ? say`This password does not open ${name}. Check it and type it again.`
      : say`${name} is protected by a password. Type it to open the file.`,
    { wrong },
  )

/** It is protected in a way that pdfium does not know. */
export const unknownProtection = (name: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    say`${name} is protected in a way that cannot be opened here. Open it in the program it was made for, print it to a new PDF and add that.`,
  )

/** It cannot be opened. */
export const damagedPdf = (name: string, cause?: unknown): AppError =>
  new AppError(
    'DamagedMedia',
    say`${name} is damaged or incomplete and cannot be read. Copy or download it again, or print it to a new PDF and add that.`,
    undefined,
    { cause },
  )

/** One page of it cannot be drawn. */
export const damagedPage = (name: string, page: number): AppError =>
  new AppError(
    'DamagedMedia',
    say`Page ${page} of ${name} is damaged and cannot be drawn. Choose other pages, or print the file to a new PDF and add that.`,
  )

/** It wants more memory than there is. */
export const tooHeavy = (name: string): AppError =>
  new AppError(
    'MediaTooLarge',
    say`${name} needs more memory than a PDF may take here (1 GB). Print the pages that you ask about to a new PDF and add that.`,
  )

/** A page of it would be empty, though it says `text`. */
export const noInk = (name: string, page: number, text: string): AppError =>
  new AppError(
    'UnsupportedMedia',
    `Page ${page} of ${name} has text that cannot be drawn here, as its fonts are not in the file; the page would be empty. ` +
      'Print it to a new PDF in a program that shows it, or take a picture of it, and add that.',
    { text: text.slice(0, MOST_OFFERED) },
  )
