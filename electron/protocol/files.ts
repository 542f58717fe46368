import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'

/** A file, or the part of it that is named by its first and last byte, as the body of an answer. */
export const fileBody = (path: string, range?: { start: number; end: number }): ReadableStream =>
  Readable.toWeb(createReadStream(path, range)) as ReadableStream
