import { basename, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { sheetLines, verdictSentence } from '#contract'
import type { ModelCheck } from '#contract'
import { createHeadless } from '../headless.ts'
import { headlessPorts } from '../nodePorts.ts'
import { runCommand, UsageError } from './usage.ts'

const USAGE = `sightline models check [--json] FILE...

Says of any GGUF file what it is (a language model, a projector, an adapter), of which family, which tool made it, how it is
quantized, what goes with it, and whether it runs here and why not; of several files also which belong together. Only the
headers are read.

  --json   print one JSON object: {"files": [...], "pairs": [...]}

Exit codes: 0 all of them run and fit, 2 bad usage, 3 one does not run or does not fit.
`

const LABEL_WIDTH = 14

/** `sightline models check`: sheets of model files on standard output. Returns the exit code. */
export function models(argv: string[]): Promise<number> {
  return runCommand(USAGE, async () => {
    const { values, positionals } = parse(argv)
    if (values.help) {
      process.stdout.write(USAGE)
      return 0
    }
    const [command, ...files] = positionals
    if (command !== 'check')
      throw new UsageError(command === undefined ? 'models wants a command' : `models has no command "${command}"`)
    if (files.length === 0 || files.includes('')) throw new UsageError('models check wants a file')
    const { engine, close } = createHeadless(headlessPorts())
    try {
      const check = await engine.checkFiles(files.map((file) => resolve(file)))
      process.stdout.write(values.json ? `${JSON.stringify(check)}\n` : toText(check))
      return check.files.every(({ runs }) => runs) && check.pairs.every(({ verdict }) => verdict !== 'mismatch') ? 0 : 3
    } finally {
      await close()
    }
  })
}

function parse(argv: string[]) {
  try {
    const flag = { type: 'boolean' } as const
    return parseArgs({ args: argv, options: { json: flag, help: flag }, allowPositionals: true, strict: true })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function toText({ files, pairs }: ModelCheck): string {
  const sheets = files.map((file) => {
    const lines = sheetLines(file).map(([label, value]) => `  ${label.padEnd(LABEL_WIDTH)}${value}\n`)
    return `${basename(file.path)}\n${lines.join('')}`
  })
  return [...sheets, pairs.map((pair) => `${verdictSentence(pair)}\n`).join('')]
    .filter((part) => part !== '')
    .join('\n')
}
