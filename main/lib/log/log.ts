import { appendFileSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createStream } from 'rotating-file-stream'
import type { RotatingFileStream } from 'rotating-file-stream'
import { cleanText } from './cleanText.ts'
import type { Log, LogFields, LogLevel, LogLine, LogPart } from './line.ts'
import { currentRequest } from './request.ts'

/** A log in files of one folder: `<part>.log`, older ones as `<part>.1.log` (the youngest) and so on. */
export interface FileLog extends Log {
  /** Writes a line as it came from another process. */
  write(line: LogLine): void
  /** Writes a line before it returns: for a process that is about to end. */
  fatal(event: string, fields?: LogFields): void
  /** Why nothing is written at the moment, as the system's code, e.g. ENOSPC; null when all is well. */
  readonly problem: string | null
  /** Writes what is waiting and closes the file; later lines are dropped. */
  close(): Promise<void>
}

export interface LogOptions {
  readonly folder: string
  readonly part: LogPart
  /** Bytes after which a new file is begun. */
  readonly fileBytes?: number
  /** Files that are kept, the one that is written included. */
  readonly files?: number
  /** After a failure nothing is tried for so long, ms. */
  readonly retryMs?: number
}

/** The line that tells of `event` now, within the request that runs. */
export function logLine(part: LogPart, level: LogLevel, event: string, fields?: LogFields): LogLine {
  const request = currentRequest()
  return {
    time: new Date().toISOString(),
    level,
    part,
    event,
    ...(request !== null && { request }),
    ...(fields && { fields: cleanFields(fields) }),
  }
}

/** A log whose lines go to `write`. */
export function logTo(part: LogPart, write: (line: LogLine) => void): Log {
  const at = (level: LogLevel) => (event: string, fields?: LogFields) => write(logLine(part, level, event, fields))
  return { info: at('info'), warn: at('warn'), error: at('error') }
}

/**
 * Opens the log of one process; one process at a time writes the files of a `part`. Lines are written in the background,
 * at most `files` files of about `fileBytes` each. A folder that cannot be written, or a full disk, costs the lines and
 * nothing else: it is tried again after `retryMs`.
 */
export function openLog({ folder, part, fileBytes = 1 << 20, files = 5, retryMs = 60_000 }: LogOptions): FileLog {
  const nameOf = (index?: number) => (index ? `${part}.${index}.log` : `${part}.log`)
  let stream: RotatingFileStream | null = null
  let problem: string | null = null
  let retryAt = 0
  let isClosed = false

  function fail(error: NodeJS.ErrnoException): void {
    problem = error.code ?? error.name
    retryAt = performance.now() + retryMs
    stream?.destroy()
    stream = null
  }

  function open(): RotatingFileStream {
    // the first to write makes the data folder too, for its owner's eyes only
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const opened = createStream((index) => nameOf(index as number | undefined), {
      path: folder,
      size: `${fileBytes}B`,
      rotate: files - 1,
      mode: 0o600,
    })
    // a stream that fails when it is already given up is heard too: without a listener its error would end the process
    const heard = (error: Error) => {
      if (stream === opened) fail(error)
    }
    opened.on('error', heard)
    opened.on('warning', heard)
    opened.on('open', () => {
      if (stream === opened) problem = null
    })
    return opened
  }

  function write(line: LogLine): void {
    if (isClosed || (stream === null && performance.now() < retryAt)) return
    try {
      stream ??= open()
      stream.write(`${JSON.stringify(line)}\n`)
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  }

  return {
    ...logTo(part, write),
    write,
    fatal(event, fields) {
      const file = join(folder, nameOf())
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        const bytes = statSync(file, { throwIfNoEntry: false })?.size ?? 0
        if (bytes < 2 * fileBytes)
          appendFileSync(file, `${JSON.stringify(logLine(part, 'error', event, fields))}\n`, { mode: 0o600 })
      } catch (error) {
        fail(error as NodeJS.ErrnoException)
      }
    },
    get problem() {
      return problem
    },
    close() {
      isClosed = true
      const last = stream
      return new Promise((resolve) => {
        if (!last || last.destroyed) return resolve()
        last.once('close', resolve)
        last.end()
      })
    },
  }
}

const cleanFields = (fields: LogFields): LogFields =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? cleanText(value) : Array.isArray(value) ? value.map(cleanText) : value,
    ]),
  )
