import { homedir, userInfo } from 'node:os'
import { basename } from 'node:path'
import { AppError } from '#contract'
import type { LogFields } from './line.ts'

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
export function withoutHome(text: string, home = homedir(), user = userName()): string {
  const paths = home.length > 1 ? [home, home.replaceAll('\\', '/'), home.replaceAll('\\', '\\\\')] : []
  const cleaned = paths.reduce((rest, path) => rest.replaceAll(path, '~'), text)
  if (user.length < 2) return cleaned
  const folder = new RegExp(`([\\\\/])${user.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?=[\\\\/]|$)`, 'gi')
  return cleaned.replace(folder, '$1~')
}

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
