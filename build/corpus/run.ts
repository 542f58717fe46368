import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../paths.ts'
import { judge, readExpected } from './expected.ts'
import type { Expected } from './expected.ts'
import { formatsDocument } from './formats.ts'
import { lookInProcess } from './look.ts'
import type { Look, ProcessLook } from './look.ts'

const USAGE = `npm run corpus -- DIR [options]     opens every file under DIR and says what became of it
npm run corpus -- --table [FILE]    writes the table of formats (default: docs/formats.md), for which it opens a file of each

  --slow SECONDS     slower than this is slow (default: 5)
  --hungry MB        more memory than this is hungry (default: 1500)
  --time SECONDS     a file is given up after this (default: 120)
  --memory MB        and beyond this (default: 6000)
  --bad              prints only what is wrong, slow or hungry

A file that an expected.json beside it names is compared with the reference's numbers there. Exit code 1: something is wrong.
`

type Verdict = 'read' | 'refused' | 'wrong'

interface Row {
  readonly file: string
  readonly verdict: Verdict
  readonly marks: readonly ('slow' | 'hungry')[]
  readonly text: string
}

const values = parse()
if (values === null) process.exitCode = 2
else if (values.table) {
  writeFileSync(values.table, await formatsDocument())
  process.stdout.write(`${relative(process.cwd(), values.table)} is written.\n`)
} else process.exitCode = await runCorpus(values.folder)

function parse() {
  const string = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const options = { table: flag, slow: string, hungry: string, time: string, memory: string, bad: flag } as const
    const { values: given, positionals } = parseArgs({ options, allowPositionals: true, strict: true })
    const number = (value: string | undefined, usual: number) => Number(value ?? usual)
    const [name] = positionals
    if (given.table ? positionals.length > 1 : positionals.length !== 1) throw new Error('one folder is wanted')
    return {
      table: given.table ? (name ?? join(root, 'docs/formats.md')) : null,
      folder: name ?? '',
      slowMs: number(given.slow, 5) * 1000,
      hungryBytes: number(given.hungry, 1500) * 1e6,
      limits: { ms: number(given.time, 120) * 1000, bytes: number(given.memory, 6000) * 1e6 },
      badOnly: given.bad ?? false,
    }
  } catch (error) {
    process.stderr.write(`corpus: ${(error as Error).message}\n\n${USAGE}`)
    return null
  }
}

/** Opens all files, prints a row for each as it is done, then how many there are of each kind. */
async function runCorpus(folder: string): Promise<number> {
  const { limits, badOnly } = values!
  const expected = new Map<string, Map<string, Expected>>()
  const rows: Row[] = []
  for (const file of filesUnder(folder)) {
    const place = dirname(file)
    if (!expected.has(place)) expected.set(place, expectedIn(place))
    const row = rowOf(
      relative(folder, file),
      await lookInProcess(file, limits),
      expected.get(place)!.get(file.slice(place.length + 1)),
    )
    rows.push(row)
    if (!badOnly || row.verdict === 'wrong' || row.marks.length > 0)
      process.stdout.write(`${[row.verdict, ...row.marks].join(' ').padEnd(14)} ${row.file.padEnd(40)} ${row.text}\n`)
  }
  process.stdout.write(summary(rows))
  return rows.some(({ verdict }) => verdict === 'wrong') ? 1 : 0
}

function filesUnder(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name.localeCompare(b.name, 'en'))
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.') || entry.name === 'expected.json') return []
    return entry.isDirectory() ? filesUnder(path) : entry.isFile() ? [path] : []
  })
}

function expectedIn(folder: string): Map<string, Expected> {
  try {
    return readExpected(readFileSync(join(folder, 'expected.json'), 'utf8'))
  } catch {
    return new Map()
  }
}

function rowOf(file: string, { look, ms, peakBytes, over }: ProcessLook, expected: Expected | undefined): Row {
  const { slowMs, hungryBytes } = values!
  const judged = expected && judge(look, expected)
  const failed = over !== null || look.what === 'crashed'
  const marks = [
    ...(over === 'time' || ms > slowMs ? (['slow'] as const) : []),
    ...(over === 'memory' || peakBytes > hungryBytes ? (['hungry'] as const) : []),
  ]
  const verdict =
    failed || (judged && judged.differences.length > 0) ? 'wrong' : look.what === 'refused' ? 'refused' : 'read'
  const parts = [
    over ? `given up: too much ${over}` : describe(look),
    ...(judged ? [`[reference: ${judged.reference}]`] : []),
    ...(judged && judged.differences.length > 0 ? [`differs: ${judged.differences.join(', ')}`] : []),
    `${Math.round(ms)} ms, ${Math.round(peakBytes / 1e6)} MB`,
  ]
  return { file, verdict, marks, text: parts.join('  ') }
}

function describe(look: Look): string {
  if (look.what === 'refused') return `${look.code}: ${look.message}`
  if (look.what === 'crashed') return `crashed: ${look.message}`
  const notes = look.notes.map((note) => ` "${note}"`).join('')
  if (look.what === 'model') return `${look.kind} model ${look.name}, ${look.family ?? 'family not known'}${notes}`
  const size = `${look.width} x ${look.height}`
  if (look.what === 'video')
    return `${size}, ${look.codec ?? 'codec not told'}, ${look.frames} frames, ${look.sampled} sampled${notes}`
  return `${size}, mean ${look.mean.join(' ')}${notes}`
}

function summary(rows: readonly Row[]): string {
  const count = (fits: (row: Row) => boolean) => String(rows.filter(fits).length).padStart(7)
  const columns = ['read', 'refused', 'wrong'] as const
  const marks = ['slow', 'hungry'] as const
  const head = ['files', ...columns, ...marks].map((name) => name.padStart(7)).join(' ')
  const line = [
    String(rows.length).padStart(7),
    ...columns.map((name) => count(({ verdict }) => verdict === name)),
    ...marks.map((name) => count((row) => row.marks.includes(name))),
  ].join(' ')
  return `\n${head}\n${line}\n`
}
