import type { Unit } from '../measurement.ts'
import { alignSections, heading, row } from '../report.ts'
import type { Machine, MeasuredModel, Row } from '../report.ts'
import { summarize } from '../statistics.ts'
import type { Summary } from '../statistics.ts'
import type { Compared, Ratio, Target } from './comparison.ts'
import { QUIET_SHARE } from './otherPrograms.ts'

/** The object of `--json`. `ratios` are of medians; `spreads` tells how far those of the single rounds lay apart. */
export interface BesideReport {
  readonly figures: Readonly<Record<string, Summary & { readonly unit: Unit }>>
  readonly ratios: Readonly<Record<string, number>>
  readonly spreads: Readonly<Record<string, Summary>>
  readonly targets: Readonly<Record<string, Target & { readonly isMet: boolean }>>
  /** Why lines are missing, by their names. */
  readonly skipped: Readonly<Record<string, string>>
  /** Shares of all processors that other programs took, over the rounds of each stage; null where that is not known. */
  readonly others: Readonly<Record<string, Summary | null>>
  /** Whether other programs let all rounds alone; null where that is not known. */
  readonly isQuiet: boolean | null
  readonly checkout: string
  readonly machine: Machine
  readonly model: MeasuredModel
}

interface Measured {
  readonly compared: readonly Compared[]
  /** Folder of the other checkout. */
  readonly checkout: string
  readonly machine: Machine
  readonly model: MeasuredModel
}

export function toBesideReport({ compared, checkout, machine, model }: Measured): BesideReport {
  const ratios = compared.flatMap((one) => one.ratios)
  const byName = <Value>(of: (ratio: Ratio) => Value) =>
    Object.fromEntries(ratios.map((ratio) => [ratio.name, of(ratio)] as const))
  return {
    figures: Object.fromEntries(
      compared
        .flatMap((one) => one.figures)
        .map(({ name, values, unit }) => [name, { ...summarize(values), unit }] as const),
    ),
    ratios: byName(({ value }) => value),
    spreads: byName(({ rounds }) => summarize(rounds)),
    targets: Object.fromEntries(
      ratios.flatMap(({ name, value, target }) =>
        target ? [[name, { ...target, isMet: isMet(value, target) }] as const] : [],
      ),
    ),
    skipped: Object.fromEntries(compared.flatMap((one) => one.skipped).map(({ name, reason }) => [name, reason])),
    others: Object.fromEntries(
      compared.map(({ stage, others }) => {
        const known = others.filter((share) => share !== null)
        return [stage, known.length > 0 ? summarize(known) : null] as const
      }),
    ),
    isQuiet: isQuiet(compared),
    checkout,
    machine,
    model,
  }
}

/** The report for people: figures, ratios with their targets, what was skipped, and whether the computer was quiet. */
export function toBesideTable({ compared, checkout, machine, model }: Measured): string {
  return [
    ...heading(machine, model),
    `The other checkout: ${checkout}`,
    'All sides in turns. Figures: median (smallest to largest). Ratios: of the medians (smallest to largest of a round), target',
    '',
    ...sections(compared),
    ...quietness(compared),
    '',
  ].join('\n')
}

/** What one stage came to, for people who wait for the others. */
export const toStageTable = (compared: Compared): string =>
  [...sections([compared]), ...quietness([compared])].join('\n')

function sections(compared: readonly Compared[]): string[] {
  const figures = compared.flatMap((one) => one.figures).map(row)
  const ratios = compared.flatMap((one) => one.ratios.map((ratio) => ratioRow(ratio, isLoud(one))))
  const skipped = compared.flatMap((one) => one.skipped).map(({ label, reason }): Row => [label, 'skipped', reason])
  return alignSections([figures, ratios, skipped])
}

/** `loud`: other programs were busy meanwhile, so that a speed is no proof; a cosine does not depend on them. */
function ratioRow({ label, value, rounds, unit, target }: Ratio, loud: boolean): Row {
  const show = (one: number) => one.toFixed(unit === 'cosine' ? 8 : 3)
  const { min, max, runs } = summarize(rounds)
  const spread = runs > 1 ? [`(${show(min)} to ${show(max)})`] : []
  return [
    label,
    show(value),
    [
      ...spread,
      ...(target ? [verdict(value, target) + (loud && unit !== 'cosine' ? ', but not quiet' : '')] : []),
    ].join('  '),
  ]
}

function isMet(value: number, target: Target): boolean {
  return 'atMost' in target ? value <= target.atMost : value >= target.atLeast
}

function verdict(value: number, target: Target): string {
  const bound = 'atMost' in target ? `at most ${target.atMost}` : `at least ${target.atLeast}`
  return `${bound}: ${isMet(value, target) ? 'met' : 'MISSED'}`
}

const isLoud = ({ others }: Compared) => others.some((share) => share !== null && share > QUIET_SHARE)

function isQuiet(compared: readonly Compared[]): boolean | null {
  const shares = compared.flatMap(({ others }) => others)
  if (compared.some(isLoud)) return false
  return shares.length === 0 || shares.includes(null) ? null : true
}

/** Whether other programs were in the way, stage by stage where they were. */
function quietness(compared: readonly Compared[]): string[] {
  const quiet = isQuiet(compared)
  if (quiet === null) return ['Whether other programs were busy meanwhile is not known on this system.']
  if (quiet) return ['The computer was quiet.']
  const percent = (share: number) => `${Math.round(share * 100)} %`
  const loud = compared.flatMap(({ stage, others }) => {
    const shares = others.filter((share) => share !== null && share > QUIET_SHARE) as number[]
    return shares.length > 0
      ? [`  ${stage}: in ${shares.length} of ${others.length} rounds, up to ${percent(Math.max(...shares))}`]
      : []
  })
  return [
    `THE COMPUTER WAS NOT QUIET: other programs took more than ${percent(QUIET_SHARE)} of its processors. Close them and measure again.`,
    ...loud,
  ]
}
