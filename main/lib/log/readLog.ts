import { open, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { LogLine } from './log.ts'

/** Bytes at the end of each file that are looked at. */
const TAIL_BYTES = 128 << 10

const Line = z.object({
  time: z.string(),
  level: z.enum(['info', 'warn', 'error']),
  part: z.enum(['main', 'core', 'engine', 'media']),
  event: z.string(),
  request: z.string().optional(),
  fields: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string())]))
    .optional(),
})

/** The last lines of all logs in `folder`, the oldest first; none when there is no log. Lines that cannot be read are left out. */
export async function readLog(folder: string, most: number): Promise<LogLine[]> {
  const names = await readdir(folder).catch(() => [])
  const files = names.filter((name) => /^[a-z]+(\.1)?\.log$/.test(name))
  const lines = (await Promise.all(files.map((name) => tail(join(folder, name)).catch(() => [])))).flat()
  return lines.sort(byTime).slice(-most)
}

const byTime = (a: LogLine, b: LogLine): number => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0)

/**
 * The last warnings and errors of all logs in `folder`, the oldest first: of all files that are kept, however many other
 * lines came since.
 */
export async function readErrors(folder: string, most: number): Promise<LogLine[]> {
  const files = Map.groupBy(await readdir(folder).catch(() => []), (name) => /^([a-z]+)(\.\d+)?\.log$/.exec(name)?.[1])
  const found: LogLine[] = []
  for (const [part, names] of files) {
    if (part === undefined) continue
    const ofPart: LogLine[] = []
    // the youngest file has no number, the others count from 1
    for (const name of names.sort((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
      if (ofPart.length >= most) break
      const text = await readFile(join(folder, name), 'utf8').catch(() => '')
      ofPart.push(...parse(text.split('\n').filter((line) => !line.includes('"level":"info"'))))
    }
    found.push(...ofPart)
  }
  return found.sort(byTime).slice(-most)
}

async function tail(path: string): Promise<LogLine[]> {
  await using file = await open(path)
  const { size } = await file.stat()
  const from = Math.max(0, size - TAIL_BYTES)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from)
  return parse(buffer.toString('utf8', 0, bytesRead).split('\n'))
}

const parse = (lines: readonly string[]): LogLine[] =>
  lines.flatMap((text) => {
    const parsed = Line.safeParse(parseJson(text))
    return parsed.success ? [parsed.data as LogLine] : []
  })

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A line for people: `22:05:01.120 core call ask.send 12 ms`. */
export function formatLine({ time, level, part, event, request, fields = {} }: LogLine): string {
  const values = Object.entries(fields).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join(' < ') : String(value)}`,
  )
  return [time, level, part, event, request ? `[${request}]` : '', ...values].filter(Boolean).join(' ')
}
