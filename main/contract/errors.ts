import { z } from 'zod'
import { Said, SaidText } from './said.ts'

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
  /** What a window says it by in its own language; without it, by the message itself. */
  text: SaidText.optional(),
})
export type ErrorInfo = z.infer<typeof ErrorInfo>

/** The one error class of the project; anything else that is thrown is a defect. */
export class AppError extends Error {
  readonly code: ErrorCode
  readonly detail: ErrorInfo['detail']
  readonly text: ErrorInfo['text']

  constructor(code: ErrorCode, message: string | Said, detail?: ErrorInfo['detail'], options?: { cause?: unknown }) {
    super(String(message), options)
    this.name = 'AppError'
    this.code = code
    this.detail = detail
    this.text = message instanceof Said ? (message.text ?? undefined) : undefined
  }

  /** The plain object that is stored and sent. */
  toInfo(): ErrorInfo {
    return {
      code: this.code,
      message: this.message,
      ...(this.detail && { detail: this.detail }),
      ...(this.text && { text: this.text }),
    }
  }

  /** Rebuilds the error on the receiving side of a process or network border. */
  static from(info: ErrorInfo, options?: { cause?: unknown }): AppError {
    return new AppError(info.code, new Said(info.message, info.text ?? null), info.detail, options)
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

/** What of an error travels beside its code and message. */
export const ErrorData = ErrorInfo.pick({ detail: true, text: true })
export type ErrorData = z.infer<typeof ErrorData>
