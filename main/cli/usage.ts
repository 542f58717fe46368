import { AppError, errorKinds } from '#contract'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

/** Exit codes: 2 bad usage, 3 bad input, 4 engine failure. */
function exitCodeOf(error: unknown): number {
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

/** A whole number option from `least` to `most`. @throws UsageError */
export function integer(
  name: string,
  value: string | undefined,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const number = decimal(name, value, least, most, 'a whole number')
  if (number !== undefined && !Number.isSafeInteger(number))
    throw new UsageError(`--${name} wants a whole number, not "${value}"`)
  return number
}

/** A decimal option from `least` to `most`. @throws UsageError */
export function decimal(
  name: string,
  value: string | undefined,
  least = 0,
  most = Number.MAX_SAFE_INTEGER,
  kind = 'a number',
): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`
  if (value.trim() === '' || !(number >= least && number <= most))
    throw new UsageError(`--${name} wants ${kind} ${range}, not "${value}"`)
  return number
}

/** An option that is one of `choices`; undefined: it is not there. @throws UsageError */
export function oneOf<T extends string>(name: string, value: string | undefined, choices: readonly T[]): T | undefined {
  const found = choices.find((choice) => choice === value)
  if (value === undefined || found !== undefined) return found
  throw new UsageError(`--${name} wants one of ${choices.join(', ')}, not "${value}"`)
}

/** An option that is `on` or `off`. @throws UsageError */
export function onOff(name: string, value: string): 'on' | 'off' {
  if (value === 'on' || value === 'off') return value
  throw new UsageError(`--${name} wants on or off, not "${value}"`)
}
