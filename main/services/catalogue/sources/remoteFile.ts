import type { RemoteFile } from '#contract'

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
