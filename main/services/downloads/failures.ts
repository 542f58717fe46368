import { AppError, say } from '#contract'

/** A failure that may be gone at the next try. `message` says what happened, e.g. "the connection was lost". */
export class Transient extends Error {
  /** How long the source wants to be left alone, in ms; 0: it did not say. */
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs = 0, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'Transient'
    this.retryAfterMs = retryAfterMs
  }
}

export const unreachable = (host: string, reason: string, cause?: unknown) =>
  new AppError(
    'SourceUnreachable',
    say`${host}: ${reason}. Check the internet connection, then resume the download.`,
    { host },
    { cause },
  )

export const unusable = (host: string, reason: string, cause?: unknown) =>
  new AppError(
    'SourceUnreachable',
    say`${host}: ${reason}. Choose another source, or resume the download later.`,
    { host },
    { cause },
  )

export const fileChanged = (name: string, reason: string) =>
  new AppError(
    'FileChanged',
    say`${name} changed at its source (${reason}), so what was downloaded of it was thrown away. Resume to download it again.`,
  )

export const digestMismatch = (name: string, expected: string, found: string) =>
  new AppError(
    'DigestMismatch',
    say`${name} arrived damaged: its SHA-256 is not the one its source tells. It was deleted. Resume to download it again.`,
    { expected, found },
  )

export const diskFull = (needed: number, free: number | null, cause?: unknown) =>
  new AppError(
    'DiskFull',
    free === null
      ? say`The disk became full. Free some space or choose another models folder, then resume the download.`
      : say`The download needs ${size(needed)} more and ${size(free)} are free. Free some space, then resume the download.`,
    free === null ? {} : { needed, free },
    { cause },
  )

const size = (bytes: number) => (bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`)

const fullCodes = ['ENOSPC', 'EDQUOT']
const fileSystemCode =
  /^E(ACCES|PERM|ROFS|IO|FBIG|NOTDIR|ISDIR|LOOP|MFILE|NFILE|NAMETOOLONG|NOENT|EXIST|BUSY|NODEV|NXIO|INVAL|NOTSUP)$/

/** An error of the file system as DiskFull or StorageFailed about `path`; any other value as it is. */
export function toDiskError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (fullCodes.includes(code)) return diskFull(0, null, error)
  if (!fileSystemCode.test(code)) return error
  const reason = code === 'EFBIG' ? 'its disk cannot hold a file this large' : `the disk answered ${code}`
  const advice = 'Check the models folder or choose another one, then resume the download.'
  return new AppError(
    'StorageFailed',
    say`${path} could not be written: ${reason}. ${advice}`,
    { path, code },
    { cause: error },
  )
}
