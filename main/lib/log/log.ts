import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, statSync } from 'node:fs'
import { homedir, userInfo } from 'node:os'
import { basename, join } from 'node:path'
import { AppError } from '#contract'
import { createStream } from 'rotating-file-stream'
import type { RotatingFileStream } from 'rotating-file-stream'
import type { WorkerChannel } from '../workerChannel.ts'

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

const scope = new AsyncLocalStorage<string | null>()

/** A name for one call of the window, for everything that it causes in any process. */
export const newRequestId = (): string => randomBytes(5).toString('hex')

/** The request that the running code is a part of; null outside of one. */
export const currentRequest = (): string | null => scope.getStore() ?? null

/** Runs `work`, and everything that it starts, as a part of the request `id`. */
export function inRequest<T>(id: string | null | undefined, work: () => T): T {
  return scope.run(id ?? null, work)
}

const LONGEST = 300
/** Frames of a stack that are kept. */
const FRAMES = 8

/**
 * `text` on one line, at most 300 characters, with `~` in place of the home folder and of the user's name where it stands
 * in a path.
 */
export function cleanText(text: string): string {
  const line = withoutHome(text).replace(/\s+/g, ' ').trim()
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line
}

/** `text` with `~` in place of the home folder, and of the user's name where it is a folder of a path. */
export function withoutHome(text: string, home = homedir(), user = (known ??= userName())): string {
  const paths = home.length > 1 ? [home, home.replaceAll('\\', '/'), home.replaceAll('\\', '\\\\')] : []
  const cleaned = paths.reduce((rest, path) => rest.replaceAll(path, '~'), text)
  if (user.length < 2) return cleaned
  const folder = new RegExp(`([\\\\/])${user.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[\\\\/]|$)`, 'gi')
  return cleaned.replace(folder, '$1~')
}

/** The user's name once it was asked for: the system reads its list of users for it, which is too much for every line. */
let known: string | undefined

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}

/**
 * What may be told of a thrown value: the code of an `AppError`; of anything else its kind, the system's code and where
 * it was thrown, without its message, which may quote what a user wrote or how a file is called.
 */
export function errorFields(error: unknown): LogFields {
  if (error instanceof AppError) return { code: error.code, ...(error.cause !== undefined && causeFields(error.cause)) }
  if (!(error instanceof Error)) return { name: typeof error }
  return { name: error.name, ...systemCode(error), frames: stackFrames(error) }
}

const causeFields = (cause: unknown): LogFields =>
  cause instanceof Error ? { cause: cause.name, ...systemCode(cause) } : {}

function systemCode(error: Error): LogFields {
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' && /^[A-Z0-9_]{2,40}$/.test(code) ? { system: code } : {}
}

/** `function file:line` of each frame; the message, which a stack begins with and which may look like frames, is left out. */
function stackFrames({ stack = '', message }: Error): string[] {
  const at = stack.indexOf(message)
  if (at < 0) return []
  const frames = stack
    .slice(at + message.length)
    .split('\n')
    .flatMap((line) => {
      const found = /^\s+at (?:(.+) \()?(.+?):(\d+):\d+\)?$/.exec(line)
      return found ? [`${found[1] ?? ''} ${basename(found[2]!)}:${found[3]}`.trim()] : []
    })
  return frames.slice(0, FRAMES)
}

/** Parts of llama.cpp whose lines tell of computing, and never of what was asked. */
const TECHNICAL =
  /^(ggml|llama_(model|context|init|kv|batch|backend|mmap|adapter)|load_backend|load|create_tensor|init)/

/**
 * A line that llama.cpp or ggml logged, without what may be the user's: anything in quotes, paths and names of files are
 * left out, and of a part that handles texts (vocabulary, grammar, sampling) its name alone is kept.
 */
export function nativeLine(text: string): string {
  const line = text.trim()
  const part = /^[\w:~<>]+(?=:\s)/.exec(line)?.[0] ?? ''
  if (!TECHNICAL.test(part)) return part ? `${part}: (not kept)` : '(not kept)'
  return cleanText(
    line
      // a path may hold quotes and blanks, and nothing says where it ends: what follows its beginning goes with it
      .replace(/(?<=^|[\s(=])['"`]?(?:[a-z]:[\\/]|[~.]{0,2}\/(?=\S)|\\\\).*$/is, '<file>')
      .replace(/'[^']*'|"[^"]*"|`[^`]*`/g, "'...'")
      .replace(/\S*[\\/]\S*/g, '<file>')
      .replace(/\S+\.gguf\b\S*/gi, '<file>'),
  )
}

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
function logLine(part: LogPart, level: LogLevel, event: string, fields?: LogFields): LogLine {
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

/** A log whose lines, and those that come from other processes, go to `write`. */
export function logTo(part: LogPart, write: (line: LogLine) => void): Log & Pick<FileLog, 'write'> {
  const at = (level: LogLevel) => (event: string, fields?: LogFields) => write(logLine(part, level, event, fields))
  return { info: at('info'), warn: at('warn'), error: at('error'), write }
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

/** How a line of a worker travels to the process that writes the files. */
interface LogMessage {
  readonly type: 'log'
  readonly line: LogLine
}

/** The log of a worker: its lines go to the core as messages among its others. */
export function workerLog(channel: Pick<WorkerChannel, 'send'>, part: LogPart): Log {
  return logTo(part, (line) => channel.send({ type: 'log', line } satisfies LogMessage))
}

/** The line that a worker's message carries; null when it is a message of another kind. */
export function lineOf(message: unknown): LogLine | null {
  const { type, line } = message as Partial<LogMessage>
  return type === 'log' && line ? line : null
}
