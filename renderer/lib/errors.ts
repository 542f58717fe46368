import { t } from '@lingui/core/macro'
import { AppError, ErrorData, errorKinds, type ErrorCode, type ErrorInfo } from '#contract'
import { i18n } from './i18n.ts'

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorKinds, code)

/** The error of a call while the core cannot be reached; the window reconnects without being asked. */
export const connectionLost = (): AppError =>
  new AppError('Interrupted', t`The connection to Sightline was lost. It reconnects by itself; try again in a moment.`)

/**
 * Anything a call rejected with, as the contract's error, in the language of the window. The core's errors arrive as
 * `{ code, message, data }`, with figures and template in `data`; what the contract does not know becomes `EngineFailed` and
 * keeps its message.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof Error && 'code' in thrown && isCode(thrown.code)) {
    const data = 'data' in thrown ? thrown.data : undefined
    const { detail, text } = ErrorData.safeParse(data).data ?? {}
    return new AppError(thrown.code, told({ message: thrown.message, text }), detail, { cause: thrown })
  }
  // the way to the core ended in the middle of a call, or the call was given up
  if (thrown instanceof Error && thrown.name === 'AbortError') return connectionLost()
  return new AppError('EngineFailed', thrown instanceof Error ? thrown.message : String(thrown), undefined, {
    cause: thrown,
  })
}

/** A sentence of the core in the language of the window; one that its catalogue does not have as it is. */
export function told({ message, text }: Pick<ErrorInfo, 'message' | 'text'>): string {
  const id = text?.message ?? message
  return Object.hasOwn(i18n.messages, id) ? i18n._(id, text?.values) : message
}

/** True when trying the same thing again can help: the failure was the engine's, not the input's. */
export const canRetry = (error: ErrorInfo): boolean => errorKinds[error.code] === 'engine'
