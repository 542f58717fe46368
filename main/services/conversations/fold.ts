const ASCII = /^[\0-\x7f]*$/
const ACCENTS = /(\p{Script=Latin})[\u0300-\u036f]+/gu
const COMBINING = /[\u0300-\u036f]/

/**
 * A text as search compares it: case does not count, nor accents of Latin letters, nor whether a letter with a mark is
 * one character or two. Lower case comes first, so that ẞ and ß become SS, and İ an I; upper case then, which knows no
 * end-of-word form of σ.
 */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toUpperCase()
  const upper = text.toLowerCase().toUpperCase().normalize('NFD')
  return COMBINING.test(upper) ? upper.replace(ACCENTS, '$1').normalize('NFC') : upper.normalize('NFC')
}
