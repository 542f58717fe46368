import { existsSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { median } from '../../main/bench/statistics.ts'
import { root } from '../support/electronProgram.ts'
import { measures } from './houseMeasures.ts'
import type { Measure, Measured } from './windows.ts'

/**
 * What the core and its start cost, this checkout against another one in the same run:
 *
 *     npm run bench:house -- --against DIR [--rounds 3] [--only start,attach] [--json]
 *
 * Each checkout runs its own code on data that its own code stored, and is asked as a window asks it: by HTTP, by the
 * WebSocket, in Chromium. Rounds alternate, so that a slow moment of the computer meets both. Both have to be built
 * (`npm run build`). Linux only: memory is read from /proc. Exits with 1 when a bar does not hold.
 */
const { values } = parseArgs({
  options: {
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
if (values.against === undefined) {
  tell('Say which checkout to compare with: --against DIR')
  process.exit(2)
}
const checkouts = [root, resolve(values.against)]
for (const checkout of checkouts)
  if (!existsSync(join(checkout, 'dist/renderer/index.html'))) throw new Error(`Build ${checkout} first: npm run build`)

interface Row {
  readonly name: string
  readonly what: string
  readonly unit: string
  readonly ours: number
  readonly theirs: number
  readonly ratio: number
  /** What the ratio may be at most; null: it is only told. */
  readonly bar: number | null
  /** What our figure may be at most; null: it is only told. */
  readonly most: number | null
}

const only = values.only?.split(',')
const unknown = only?.find((name) => !measures.some((each) => each.name === name))
if (unknown !== undefined)
  throw new Error(`There is no measure "${unknown}"; there are ${measures.map(({ name }) => name).join(', ')}.`)

const rows: Row[] = []
for (const measure of measures.filter(({ name }) => !only || only.includes(name))) rows.push(...(await run(measure)))
if (values.json) say(JSON.stringify(rows, null, 2))
else print(rows)
process.exitCode = rows.every(holds) ? 0 : 1

function holds({ ratio, bar, ours, most }: Row): boolean {
  return (bar === null || ratio <= bar) && (most === null || ours <= most)
}

/** How far it is, beside the table. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}
function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Opens a measure on both checkouts and takes it from them in turn. */
async function run(measure: Measure): Promise<Row[]> {
  const opened: Measured[] = []
  try {
    for (const checkout of checkouts) {
      tell(`${measure.name}: making its data with ${basename(checkout)}`)
      opened.push(await measure.open(checkout))
    }
    const found: Record<string, number>[][] = checkouts.map(() => [])
    for (let round = 0; round < (measure.once ? 1 : Number(values.rounds)); round++)
      for (const [i, { take }] of opened.entries()) {
        const figures = await take()
        found[i]!.push(figures)
        tell(`${measure.name}: ${basename(checkouts[i]!)} ${JSON.stringify(figures)}`)
      }
    return measure.rows.map(({ key, what, unit, bar, most = null }) => {
      const [ours, theirs] = found.map((rounds) => median(rounds.map((figures) => figures[key]!))) as [number, number]
      return { name: measure.name, what, unit, ours, theirs, ratio: ours / theirs, bar, most }
    })
  } finally {
    for (const { close } of opened) await close()
  }
}

function print(rows: readonly Row[]): void {
  const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3))
  const cells = rows.map(({ what, unit, ours, theirs, ratio, bar, most }, i) => [
    what,
    `${figure(ours)} ${unit}`,
    `${figure(theirs)} ${unit}`,
    ratio.toFixed(2),
    [...(bar === null ? [] : [`<= ${bar}`]), ...(most === null ? [] : [`<= ${most} ${unit}`])].join(', '),
    bar === null && most === null ? '' : holds(rows[i]!) ? 'holds' : 'MISSED',
  ])
  const table = [['', basename(root), basename(checkouts[1]!), 'ratio', 'bar', ''], ...cells]
  const widths = table[0]!.map((_, i) => Math.max(...table.map((line) => line[i]!.length)))
  for (const line of table)
    say(
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
}
