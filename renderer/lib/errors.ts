import { AppError, ErrorInfo, errorKinds, type ErrorCode } from '#contract'

const isCode = (code: unknown): code is ErrorCode => typeof code === 'string' && Object.hasOwn(errorKinds, code)

/** The error of a call while the core cannot be reached; the window reconnects without being asked. */
export const connectionLost = (): AppError =>
  new AppError('Interrupted', 'The connection to Sightline was lost. It reconnects by itself; try again in a moment.')

/**
 * Anything a call rejected with, as the contract's error. The core's errors arrive as `{ code, message, data }`, with
 * the figures in `data`; what the contract does not know becomes `EngineFailed` and keeps its message.
 */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  if (thrown instanceof Error && 'code' in thrown && isCode(thrown.code)) {
    const data = 'data' in thrown ? thrown.data : undefined
    return new AppError(thrown.code, thrown.message, ErrorInfo.shape.detail.safeParse(data).data, { cause: thrown })
  }
  // the way to the core ended in the middle of a call, or the call was given up
  if (thrown instanceof Error && thrown.name === 'AbortError') return connectionLost()
  return new AppError('EngineFailed', thrown instanceof Error ? thrown.message : String(thrown), undefined, {
    cause: thrown,
  })
}

/** True when trying the same thing again can help: the failure was the engine's, not the input's. */
export const canRetry = (error: ErrorInfo): boolean => errorKinds[error.code] === 'engine'
