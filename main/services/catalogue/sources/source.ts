import { AppError } from '#contract'
import type { RemoteFile, SourceName } from '#contract'

/** What a repository holds: its commit and every file with an address that is pinned to it. */
export interface RepositoryListing {
  /** Its name as the source has it now; another one than was asked for when it was renamed. */
  readonly repository: string
  readonly revision: string
  readonly files: readonly RemoteFile[]
}

/** A place to download from. */
export interface ModelSource {
  readonly name: SourceName
  /** What users call it. */
  readonly label: string
  /** Where its repositories and files are; null: its address is not valid. */
  readonly origin: string | null
  /** Whose repositories it holds: a mirror holds those of Hugging Face. */
  readonly holds: 'huggingface' | 'modelscope'
  /**
   * Lists a repository as it is at `revision`, a branch, tag or commit (its main branch).
   * @throws AppError NotFound when there is no such repository or revision, SourceRefused when it is not open to everyone,
   * SourceUnreachable when the source itself fails; the signal's reason.
   */
  listFiles(repository: string, signal: AbortSignal, revision?: string): Promise<RepositoryListing>
  /** Headers for an address: the kept token where it may be sent. @throws AppError SourceRefused for one that cannot be sent. */
  headersFor(url: URL): Promise<Record<string, string>>
}

/** How to speak to a source. */
export interface SourceConnection {
  readonly name: SourceName
  /** What users call it, e.g. "Hugging Face". */
  readonly label: string
  /** Base address without a slash at its end. */
  readonly base: string
  readonly userAgent: string
  readonly token: () => Promise<string | null>
  readonly timeoutMs: number
  readonly maxBytes: number
}

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

const MAX_PATH = 512
/** More than any file of a model takes: 2 TiB. */
const MAX_BYTES = 2 ** 41
const DIGEST = /^[0-9a-f]{64}$/
/** Control characters, and what some system's file names cannot have. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\\:*?"<>|]/

/** Whether a path of a listing stays inside its repository and can be a file's name on every system. */
export function isSafePath(path: string): boolean {
  if (path.length === 0 || path.length > MAX_PATH || UNSAFE.test(path)) return false
  return path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')
}

/** A file of a listing; empty when its path or size cannot be trusted. A digest of another form counts as none. */
export function remoteFile(
  path: string,
  bytes: number,
  sha256: string | null | undefined,
  urlOf: (encodedPath: string) => string,
): RemoteFile[] {
  if (!isSafePath(path) || !Number.isInteger(bytes) || bytes <= 0 || bytes > MAX_BYTES) return []
  const digest = sha256?.toLowerCase() ?? ''
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return [{ path, url: urlOf(encoded), bytes, sha256: DIGEST.test(digest) ? digest : null }]
}
