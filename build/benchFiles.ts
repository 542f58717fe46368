import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { modelFolder } from './benchFiles/modelFolder.ts'
import { benchPictures } from './benchFiles/pictures.ts'
import { probe } from './benchFiles/probe.ts'
import type { Probed } from './benchFiles/probe.ts'
import { root } from './paths.ts'

const USAGE = `node build/benchFiles.ts models [--against DIR] [--runs N] [--files N]
node build/benchFiles.ts pictures --against DIR

models: opens a folder of model files that have headers of real size (151,936 tokens, 151,387 merges), headers only, as the
window does. pictures: reads photographs of 48 megapixels and a PNG of 200. With --against the same is done in another
checkout of this project, in turns, and the ratio is printed.
`
const DEFAULT_RUNS = 5
const DEFAULT_FILES = 500

/** `node build/benchFiles.ts`: prints each side's median and the ratio; ends with 2 for bad usage. */
function run(): number {
  const { values, positionals } = parseArgs({
    options: { against: { type: 'string' }, runs: { type: 'string' }, files: { type: 'string' } },
    allowPositionals: true,
  })
  if (positionals.join() === 'pictures' && values.against !== undefined) {
    benchPictures(resolve(values.against))
    return 0
  }
  if (positionals.join() !== 'models') {
    process.stderr.write(USAGE)
    return 2
  }
  const runs = Number(values.runs ?? DEFAULT_RUNS)
  const files = Number(values.files ?? DEFAULT_FILES)
  const work = mkdtempSync(join(tmpdir(), 'sightline-bench-'))
  try {
    const headers = modelFolder(join(work, 'models'), files)
    const sides = [['here', root], ...(values.against === undefined ? [] : [['against', resolve(values.against)]])] as [
      string,
      string,
    ][]
    const results = sides.map((): Probed[] => [])
    for (let turn = 0; turn < runs; turn++)
      for (const [i, [, checkout]] of sides.entries())
        results[i]!.push(probe(checkout, join(work, 'models'), join(work, `data-${i}-${turn}`)))
    process.stdout.write(
      `Opening a folder of ${files} model files, headers of ${megabytes(headers)} in all; median of ${runs} runs, in turns\n`,
    )
    for (const [i, [name]] of sides.entries()) {
      const { found, readBytes } = results[i]![0]!
      const read = readBytes === null ? '' : `, ${megabytes(readBytes)} read`
      process.stdout.write(`  ${name.padEnd(8)} ${median(results[i]!).toFixed(0)} ms, ${found} models found${read}\n`)
    }
    if (sides.length === 2)
      process.stdout.write(`  ratio    ${(median(results[0]!) / median(results[1]!)).toFixed(3)}\n`)
    return 0
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function median(probed: readonly Probed[]): number {
  const sorted = probed.map(({ ms }) => ms).sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`

process.exitCode = run()
