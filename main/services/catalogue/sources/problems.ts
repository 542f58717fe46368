import { AppError } from '#contract'
import type { SourceConnection } from './source.ts'

type Named = Pick<SourceConnection, 'name' | 'label'>

/** The source cannot be used now; `what` is a sentence's end, e.g. "cannot be reached (ENOTFOUND)". */
export function unreachable({ name, label }: Named, what: string, cause?: unknown): AppError {
  const message = `${label} ${what}. Check the connection, or choose another source in Settings.`
  return new AppError('SourceUnreachable', message, { source: name }, { cause })
}

/** The source wants a pause; `seconds` as it asks for, if it does. */
export function tooManyRequests({ name, label }: Named, seconds: number | null): AppError {
  const when = seconds === null ? 'in a few minutes' : `in ${seconds} seconds`
  const what = `${label} had too many requests from this connection (HTTP 429).`
  const message = `${what} Try again ${when}, or choose another source in Settings.`
  return new AppError('SourceUnreachable', message, {
    source: name,
    status: 429,
    ...(seconds === null ? {} : { seconds }),
  })
}

/** The repository is not open to everyone, or the kept token is not accepted. */
export function refused({ name, label }: Named, repository: string, status: number, hasToken: boolean): AppError {
  const mend = hasToken
    ? `Check the access token for ${within(label)} in Settings, and accept the model's licence on its page`
    : `Accept the model's licence on its page and keep an access token for ${within(label)} in Settings`
  const message = `${label} does not show ${repository} without permission (HTTP ${status}). ${mend}, or choose another source.`
  return new AppError('SourceRefused', message, { source: name, repository, status })
}

/** The kept token has characters that no token has. */
export function unusableToken({ name, label }: Named): AppError {
  const message = `The access token kept for ${within(label)} is not one. Copy it again into Settings.`
  return new AppError('SourceRefused', message, { source: name })
}

/** There is no such repository, or it is another one's name now: `nowCalled`. */
export function missing({ name, label }: Named, repository: string, nowCalled?: string): AppError {
  const message =
    nowCalled === undefined
      ? `${label} has no repository ${repository}. Choose another model or source.`
      : `${label}: ${repository} is now called ${nowCalled}. Choose another model, or look at it under that name.`
  return new AppError('NotFound', message, { source: name, repository })
}

/** A source's label within a sentence: "the mirror". */
const within = (label: string): string => label.replace(/^The /, 'the ')
