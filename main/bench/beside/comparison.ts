import { toErrorInfo } from '#contract'
import type { Series, Unit } from '../measurement.ts'
import { median, pairedRatios } from '../statistics.ts'
import { watchOthers } from './otherPrograms.ts'

/** What a ratio should be. */
export type Target = { readonly atMost: number } | { readonly atLeast: number }

/** One line of the report: a ratio and, where it was measured in turns, that of each round. */
export interface Ratio {
  readonly name: string
  readonly label: string
  /** Of the medians; of a cosine, itself. */
  readonly value: number
  readonly rounds: readonly number[]
  /** `cosine`: shown with as many digits as its target has. */
  readonly unit: 'ratio' | 'cosine'
  readonly target: Target | null
}

/** A line that could not be measured. */
export interface Skipped {
  readonly name: string
  readonly label: string
  readonly reason: string
}

/** What one stage measured. `others`: the share of all processors that other programs took in each round; null: unknown. */
export interface Compared {
  readonly stage: string
  readonly figures: readonly Series[]
  readonly ratios: readonly Ratio[]
  readonly skipped: readonly Skipped[]
  readonly others: readonly (number | null)[]
}

/** One of those that are measured in turns. `measure` gives a figure under each name; what it throws is the reason to skip it. */
export interface Side<Figure extends string> {
  readonly name: string
  measure(round: number): Promise<Readonly<Record<Figure, number>>>
}

/** What the sides measured: values by round, or why there are none. */
export interface Rounds<Figure extends string> {
  values(side: string, figure: Figure): readonly number[] | { readonly reason: string }
  readonly others: readonly (number | null)[]
}

/** Measures all sides in turns: A, B, C, A, B, C. A side that fails is left out from there on. */
export async function inTurns<Figure extends string>(
  sides: readonly Side<Figure>[],
  rounds: number,
): Promise<Rounds<Figure>> {
  const measured = new Map<string, Record<Figure, number>[]>(sides.map(({ name }) => [name, []]))
  const reasons = new Map<string, string>()
  const others: (number | null)[] = []
  for (let round = 0; round < rounds; round++) {
    const otherShare = watchOthers()
    for (const { name, measure } of sides) {
      if (reasons.has(name)) continue
      try {
        measured.get(name)!.push(await measure(round))
      } catch (error) {
        reasons.set(name, toErrorInfo(error).message)
      }
    }
    others.push(otherShare())
  }
  return {
    others,
    values: (side, figure) => {
      const reason = reasons.get(side)
      return reason === undefined ? measured.get(side)!.map((figures) => figures[figure]) : { reason }
    },
  }
}

type Values = ReturnType<Rounds<string>['values']>
const isReason = (values: Values): values is { readonly reason: string } => 'reason' in values

/** Collects the lines of one stage. */
export class Lines {
  private readonly figures: Series[] = []
  private readonly ratios: Ratio[] = []
  private readonly skipped: Skipped[] = []

  /** A side's own figure; nothing where it was not measured, as its ratio says why. */
  figure(name: string, label: string, unit: Unit, values: Values): void {
    if (!isReason(values)) this.figures.push({ name, label, unit, values })
  }

  /** `ours` over `theirs`. */
  ratio(name: string, label: string, ours: Values, theirs: Values, target: Target | null): void {
    const missing = [ours, theirs].find(isReason)
    if (missing) this.skipped.push({ name, label, reason: missing.reason })
    else if (!isReason(ours) && !isReason(theirs))
      this.ratios.push({
        name,
        label,
        value: median(ours) / median(theirs),
        rounds: pairedRatios(ours, theirs),
        unit: 'ratio',
        target,
      })
  }

  cosine(name: string, label: string, value: number | { readonly reason: string }, target: Target): void {
    if (typeof value === 'number') this.ratios.push({ name, label, value, rounds: [value], unit: 'cosine', target })
    else this.skipped.push({ name, label, reason: value.reason })
  }

  done(stage: string, others: Compared['others']): Compared {
    return { stage, figures: this.figures, ratios: this.ratios, skipped: this.skipped, others }
  }
}
