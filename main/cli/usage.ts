import { AppError, errorKinds } from '#contract'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

/** Exit codes: 2 bad usage, 3 bad input, 4 engine failure. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return 2
  return error instanceof AppError && errorKinds[error.code] === 'input' ? 3 : 4
}

/**
 * Runs a command; an error becomes one line on standard error (`CODE: message`) and its exit code.
 */
export async function runCommand(usage: string, run: () => Promise<number>): Promise<number> {
  try {
    return await run()
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`sightline: ${error.message}\n\n${usage}`)
    else if (error instanceof AppError) process.stderr.write(`${error.code}: ${error.message}\n`)
    else process.stderr.write(`EngineFailed: ${error instanceof Error ? error.message : String(error)}\n`)
    return exitCodeOf(error)
  }
}

/** A whole number option. @throws UsageError */
export function integer(name: string, value: string | undefined, least = 0): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < least) throw new UsageError(`--${name} wants a whole number of at least ${least}, not "${value}"`)
  return number
}

/** A decimal option. @throws UsageError */
export function decimal(name: string, value: string | undefined, least = 0): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (value.trim() === '' || !Number.isFinite(number) || number < least) throw new UsageError(`--${name} wants a number of at least ${least}, not "${value}"`)
  return number
}
