import { AppError, say } from '#contract'
import { Transient, fileChanged, unusable } from '../failures.ts'
import { discard, proxyRefuses } from './fileRequests.ts'
import type { Answer } from './fileRequests.ts'

/** What tells one state of a remote file from another. */
export interface Identity {
  readonly etag: string | null
  readonly lastModified: string | null
}

/** What was asked for: bytes `start` to `end` (included) of a file of `bytes`, or the whole (null). */
export interface RangeRequest {
  /** Of the file, for errors. */
  readonly name: string
  readonly bytes: number
  readonly range: { start: number; end: number } | null
  /** As an earlier range was answered; null: none was. */
  readonly identity: Identity | null
  /** Ms since 1970. */
  readonly now: number
  /** Longest Retry-After that is waited for, in ms. */
  readonly longestRetryAfterMs: number
}

/** What the body holds: `kind` whole is the file from its first byte, part goes up to `end` (included). */
export type ReceivedRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly end: number; readonly identity: Identity }

/** A strong ETag, as If-Range wants it; null for a weak one or none. */
export const strongEtag = (identity: Identity | null) =>
  identity?.etag && /^"[^"]*"$/.test(identity.etag) ? identity.etag : null

/**
 * What an answer holds. Throws Transient for what may pass, SourceRefused (401, 403, 407, other 4xx), NotFound (404, 410),
 * FileChanged when it is not the file that was begun or listed, and discards the body then.
 */
export function checkResponse(answer: Answer, request: RangeRequest): ReceivedRange {
  try {
    return held(answer, request)
  } catch (error) {
    discard(answer.body)
    throw error
  }
}

function held({ status, headers, url }: Answer, request: RangeRequest): ReceivedRange {
  const { name, bytes, range, identity } = request
  if (status !== 200 && status !== 206) throw refusal(status, headers['retry-after'], url.host, request)
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw unusable(url.host, 'it sends the file in another encoding than was asked for')
  if (status === 200) {
    if (identity) throw fileChanged(name, 'it sent the whole file where a part was asked for')
    const length = headers['content-length']
    if (length !== undefined && Number(length) !== bytes) throw otherSize(name, bytes, Number(length))
    return { kind: 'whole' }
  }
  if (!range) throw new Transient('it sent a part where the whole file was asked for')
  const [, start, end, total] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
  if (start === undefined || end === undefined) throw new Transient('it does not say which part of the file it sent')
  if (total !== '*' && Number(total) !== bytes) throw otherSize(name, bytes, Number(total))
  const found = { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null }
  if (identity && differs(identity, found)) throw fileChanged(name, 'its version is another one')
  if (Number(start) !== range.start || Number(end) < range.start || Number(end) > range.end)
    throw new Transient('it sent another part of the file than was asked for')
  return { kind: 'part', end: Number(end), identity: found }
}

/** Another ETag is another file and an equal strong one the same (RFC 9110, 8.8.3); else the date of the last change decides. */
function differs(known: Identity, found: Identity): boolean {
  if (known.etag && found.etag && known.etag !== found.etag) return true
  if (found.etag && strongEtag(known) === found.etag) return false
  return known.lastModified !== null && found.lastModified !== null && known.lastModified !== found.lastModified
}

const otherSize = (name: string, bytes: number, found: number) =>
  fileChanged(name, `it has ${found} bytes and was listed with ${bytes}`)

function refusal(
  status: number,
  retryAfter: string | undefined,
  host: string,
  { name, now, longestRetryAfterMs }: RangeRequest,
): Error {
  if (status === 401 || status === 403) {
    const advice =
      'Accept its licence there and enter an access token, or choose another source; then resume the download.'
    return new AppError('SourceRefused', say`${host} does not give ${name} away (status ${status}). ${advice}`, {
      host,
      status,
    })
  }
  if (status === 407) return proxyRefuses()
  if (status === 404 || status === 410) {
    return new AppError(
      'NotFound',
      say`${host} does not have ${name} any more. Remove this download and choose the model again.`,
      {
        host,
        status,
      },
    )
  }
  if (status === 412 || status === 416) return fileChanged(name, 'the asked part is not there')
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const wait = retryAfterMs(retryAfter, now)
    const reason = status === 429 ? 'it was asked too often' : `it answered with status ${status}`
    if (wait > longestRetryAfterMs)
      return unusable(host, `${reason} and wants to be left alone for ${Math.ceil(wait / 60_000)} minutes`)
    return new Transient(reason, wait)
  }
  return new AppError(
    'SourceRefused',
    say`${host} refused to send ${name} (status ${status}). Choose another source.`,
    {
      host,
      status,
    },
  )
}

/** Retry-After as ms from `now`: seconds or a date; 0 when there is none or it cannot be read. */
function retryAfterMs(header: string | undefined, now: number): number {
  if (header === undefined) return 0
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}
