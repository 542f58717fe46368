import { z } from 'zod'

/**
 * Every error a user can act on. `kind` decides the exit code on the command line (input: 3, engine: 4) and whether
 * the window offers Retry.
 */
export const errorKinds = {
  InvalidInput: 'input',
  EmptyQuestion: 'input',
  NotYetSupported: 'input',
  MediaNotFound: 'input',
  UnsupportedMedia: 'input',
  DamagedMedia: 'input',
  MediaTooLarge: 'input',
  PasswordNeeded: 'input',
  FramesMissing: 'input',
  ModelNotFound: 'input',
  ModelDamaged: 'input',
  UnsupportedModel: 'input',
  ProjectorMismatch: 'input',
  ProjectorMissing: 'input',
  ContextFull: 'input',
  NotFound: 'input',
  Busy: 'input',
  Unauthorized: 'input',
  SourceUnreachable: 'input',
  SourceRefused: 'input',
  DiskFull: 'input',
  DigestMismatch: 'input',
  FileChanged: 'input',
  OutOfMemory: 'engine',
  EngineIncompatible: 'engine',
  EngineCrashed: 'engine',
  EngineStalled: 'engine',
  EngineFailed: 'engine',
  EngineGaveUp: 'engine',
  StorageFailed: 'engine',
  Interrupted: 'engine',
} as const satisfies Record<string, 'input' | 'engine'>

export type ErrorCode = keyof typeof errorKinds
export const ErrorCode = z.enum(Object.keys(errorKinds) as [ErrorCode, ...ErrorCode[]])

/** What is stored, sent and shown: a code to branch on and one message that says what happened and what to do. */
export const ErrorInfo = z.object({
  code: ErrorCode,
  message: z.string(),
  /** Figures behind the message, e.g. `{ needed: 1290, free: 640 }` in tokens. */
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
export type ErrorInfo = z.infer<typeof ErrorInfo>

/** The one error class of the project; anything else that is thrown is a defect. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorInfo['detail']

  constructor(code: ErrorCode, message: string, detail?: ErrorInfo['detail'], options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'AppError'
    this.code = code
    this.detail = detail
  }

  /** The plain object that is stored and sent. */
  toInfo(): ErrorInfo {
    return this.detail
      ? { code: this.code, message: this.message, detail: this.detail }
      : { code: this.code, message: this.message }
  }

  /** Rebuilds the error on the receiving side of a process or network border. */
  static from(info: ErrorInfo): AppError {
    return new AppError(info.code, info.message, info.detail)
  }
}

/** What is told of a defect: nothing of its text, which may name files or repeat what was said. */
export const DEFECT: ErrorInfo = {
  code: 'StorageFailed',
  message: 'Something in the app failed. Try again; if it happens again, restart the app.',
}

/** Any thrown value as it may be shown outside the core: an `AppError` as it is, anything else as `DEFECT`. */
export function toShownError(error: unknown): ErrorInfo {
  return error instanceof AppError ? error.toInfo() : DEFECT
}

/** Any thrown value as an `ErrorInfo`; what is not an `AppError` becomes `fallback` with its message. */
export function toErrorInfo(error: unknown, fallback: ErrorCode = 'EngineFailed'): ErrorInfo {
  if (error instanceof AppError) return error.toInfo()
  return { code: fallback, message: error instanceof Error ? error.message : String(error) }
}
