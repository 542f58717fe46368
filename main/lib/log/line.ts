/** The process that a line tells of; each has its own. */
export type LogPart = 'main' | 'core' | 'engine' | 'media'

export type LogLevel = 'info' | 'warn' | 'error'

/**
 * What a line says besides its event. Numbers, codes and names of our own only: never text that a user wrote, a model
 * answered, or a file is called.
 */
export type LogFields = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/** One line of a log file, as JSON. `request` joins what one call of the window caused in every process. */
export interface LogLine {
  readonly time: string
  readonly level: LogLevel
  readonly part: LogPart
  readonly event: string
  readonly request?: string
  readonly fields?: LogFields
}

/** Where a process writes what happens in it. No method throws, whatever the disk does. */
export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

/** Writes nowhere: for tests and for the command line. */
export const noLog: Log = { info: () => {}, warn: () => {}, error: () => {} }
