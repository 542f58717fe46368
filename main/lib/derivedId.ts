import { createHash } from 'node:crypto'

/**
 * An id made of what something is called elsewhere, in the form of a UUID: the same names always give the same id, so that what is
 * taken over twice is known again.
 */
export function derivedId(...names: readonly string[]): string {
  const hash = createHash('sha256')
  // lengths keep ("ab", "c") and ("a", "bc") apart
  for (const name of names) hash.update(`${name.length}:`).update(name)
  const hex = hash.digest('hex')
  // version 8, whose digits are anybody's own (RFC 9562)
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  )
}
