/** A part of a file in bytes, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads an HTTP Range header for a file of `size` bytes: one range, `null` when there is none or it is not of that kind
 * (then the whole file is right, RFC 9110 14.2), 'unsatisfiable' when it lies outside the file.
 */
export function parseRange(header: string | null, size: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (!match[1] && !match[2])) return null
  if (!match[1]) {
    const length = Math.min(Number(match[2]), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(match[1])
  if (match[2] && Number(match[2]) < start) return null
  if (start >= size) return 'unsatisfiable'
  return { start, end: match[2] ? Math.min(Number(match[2]), size - 1) : size - 1 }
}
