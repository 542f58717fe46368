import { appendFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where the stand-in writes what went wrong, in its data folder: who starts it hears its standard error too late. */
export const ERRORS_FILE = 'stand-in-errors.txt'

/** Tells of an error on standard error and in the data folder. */
export function writeError(userData: string, text: string): void {
  process.stderr.write(`${text}\n`)
  appendFileSync(join(userData, ERRORS_FILE), `${text}\n`)
}
