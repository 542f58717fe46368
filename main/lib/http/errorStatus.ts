import { errorKinds } from '#contract'
import type { ErrorCode } from '#contract'

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
