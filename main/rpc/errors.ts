import { AppError, DEFECT, ErrorCode, ErrorData, errorKinds } from '#contract'
import { mapEventIterator } from '@orpc/client'
import { ORPCError, ValidationError } from '@orpc/server'
import { toStorageError } from '../lib/database/index.ts'

/**
 * Any thrown value as the error that travels: an `AppError` as its code, message, detail and template (in `data`), a failure of the
 * database as `StorageFailed`, refused input as `InvalidInput` naming the field, and everything else as a plain internal
 * error.
 */
export function toRpcError(thrown: unknown): ORPCError<string, unknown> {
  const error = toStorageError(thrown)
  if (error instanceof AppError) {
    const status = errorKinds[error.code] === 'input' ? 400 : 500
    return new ORPCError(error.code, { status, message: error.message, data: dataOf(error), cause: error })
  }
  if (error instanceof ORPCError) {
    if (error.cause instanceof ValidationError && error.code === 'BAD_REQUEST')
      return toRpcError(invalidInput(error.cause))
    if (error.code === 'BAD_REQUEST')
      return toRpcError(new AppError('InvalidInput', 'The request could not be read.', undefined, { cause: error }))
    if (error.status < 500) return error
  }
  return new ORPCError('INTERNAL_SERVER_ERROR', { status: 500, message: DEFECT.message, cause: error })
}

const dataOf = ({ detail, text }: AppError): ErrorData | undefined => (detail || text ? { detail, text } : undefined)

/** The receiving side of `toRpcError`: the `AppError` again, or the value as it is when the contract does not know it. */
export function fromRpcError(error: unknown): unknown {
  if (!(error instanceof ORPCError)) return error
  const code = ErrorCode.safeParse(error.code)
  if (!code.success) return error
  const data = ErrorData.safeParse(error.data)
  return AppError.from({ code: code.data, message: error.message, ...data.data }, { cause: error })
}

/**
 * What a call gave: of a stream, one whose error goes through `map`, and whose end is told, however it comes; anything else
 * as it is.
 */
export function mapStreamErrors(output: unknown, map: (error: unknown) => unknown, onEnd = () => {}): unknown {
  if (!isStream(output)) return output
  const told: AsyncIterator<unknown, unknown, void> = {
    next: () => output.next(),
    // called once: after the last event, an error, or when its reader leaves
    async return(value) {
      onEnd()
      return (await output.return?.(value)) ?? { done: true, value }
    },
  }
  return mapEventIterator(told, { value: async (event) => event, error: async (error) => map(error) })
}

function isStream(output: unknown): output is AsyncIterator<unknown, unknown, void> {
  return typeof output === 'object' && output !== null && Symbol.asyncIterator in output
}

function invalidInput(error: ValidationError): AppError {
  const [first, ...others] = error.issues
  const field = (first?.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step)).join('.')
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return new AppError(
    'InvalidInput',
    `${field || 'The request'}: ${first?.message ?? 'not understood'}${more}`,
    undefined,
    {
      cause: error,
    },
  )
}

/** Where a defect goes when nobody else listens: a warning of this process, with its stack. */
export function warnOfDefect(error: unknown): void {
  process.emitWarning(error instanceof Error ? (error.stack ?? error.message) : String(error), 'Defect')
}
