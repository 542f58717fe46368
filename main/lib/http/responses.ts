import { errorKinds } from '#contract'
import type { ErrorCode } from '#contract'

/** A part of a file in bytes, both ends included. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

/**
 * Reads an HTTP Range header for a file of `size` bytes. null: there is none, or none of a kind that is answered, and
 * the whole file is right (RFC 9110, 14.2). 'unsatisfiable': it lies outside the file.
 */
export function parseRange(header: string | null | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '') {
    if (last === '') return null
    const length = Math.min(Number(last), size)
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 }
  }
  const start = Number(first)
  const end = last === '' ? Infinity : Number(last)
  if (end < start) return null
  return start >= size ? 'unsatisfiable' : { start, end: Math.min(end, size - 1) }
}

/** Content types of the built window's files by their ending; files of other kinds are not served. */
export const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.ico': 'image/x-icon',
  '.mp4': 'video/mp4',
  '.woff2': 'font/woff2',
}

const statuses: Partial<Record<ErrorCode, number>> = {
  Unauthorized: 401,
  NotFound: 404,
  MediaNotFound: 404,
  Busy: 409,
  MediaTooLarge: 413,
  UnsupportedMedia: 415,
  DamagedMedia: 422,
}

/** The HTTP status of a typed error: 4xx for what the asker can mend, 5xx for the rest. */
export function errorStatus(code: ErrorCode): number {
  return statuses[code] ?? (errorKinds[code] === 'input' ? 400 : 500)
}
