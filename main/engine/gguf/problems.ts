import { basename } from 'node:path'
import { AppError, say } from '#contract'
import type { Said } from '#contract'

/** Of a message; the commands that join a model's pieces are the longest. */
const MAX_SENTENCES = 1200

/** The file is not there or cannot be opened. `sentence` says so by its name, and what to do. */
export function notFound(path: string, sentence: (name: string) => Said, cause?: unknown): AppError {
  return new AppError('ModelNotFound', sentence(basename(path) || path), { path }, { cause })
}

/** Bytes of the file are missing, or are not what any tool writes. `what` completes "x.gguf is damaged: ...". */
export function damaged(path: string, what: string): AppError {
  return new AppError('ModelDamaged', say`${basename(path)} is damaged: ${printable(what)}. Download it again.`, {
    path,
  })
}

/** The file is sound but not of a kind that can be used. `what` completes "x.gguf ...", a full stop included. */
export function unsupported(path: string, what: string): AppError {
  return new AppError('UnsupportedModel', say`${basename(path)} ${printable(what, MAX_SENTENCES)}`, { path })
}

/** The file is sound, but not as llama.cpp or this app reads such files. `what` completes "x.gguf cannot be used: ...". */
export function unusual(path: string, what: string): AppError {
  return unsupported(path, `cannot be used: ${what}. Choose another conversion of the model.`)
}

/** Text from a file, fit for a message: short, on one line, without control characters. */
export function printable(text: string, length = 300): string {
  const line = text.replace(/\p{Cc}+/gu, ' ')
  return line.length > length ? `${line.slice(0, length)}...` : line
}

const integers = new Intl.NumberFormat('en')

/** A whole number for messages: "151,936". */
export function count(value: number): string {
  return integers.format(value)
}

/** A size for messages in decimal units: "1.2 GB". */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 0
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? count(value) : value.toFixed(1)} ${units[unit]}`
}

/** What is done about a model in one file with its projector. */
export const APART =
  'In the window, search its folder with "Add from this computer": adding what is found there takes it apart into the two files.'
