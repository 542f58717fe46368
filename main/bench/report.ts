import type { Measured, Series, Unit } from './measurement.ts'
import { summarize } from './statistics.ts'
import type { Summary } from './statistics.ts'

export interface Machine {
  readonly cpu: string
  /** Threads that both sides compute with. */
  readonly threads: number
  readonly memoryBytes: number
  readonly platform: string
  readonly node: string
  /** What the engine computes on, e.g. "CPU (zen4)". */
  readonly backend: string | null
}

export interface MeasuredModel {
  readonly name: string
  readonly bytes: number
  readonly textPath: string
  readonly projectorPath: string | null
}

/** The object of `--json`. `ratios` are medians over the runs; `spreads` tells how far the runs lay apart. */
export interface Report {
  readonly figures: Readonly<Record<string, Summary & { readonly unit: Unit }>>
  readonly ratios: Readonly<Record<string, number>>
  readonly spreads: Readonly<Record<string, Summary>>
  readonly notes: readonly string[]
  readonly machine: Machine
  readonly model: MeasuredModel
}

export function toReport(measured: readonly Measured[], machine: Machine, model: MeasuredModel): Report {
  const figures = measured
    .flatMap((one) => one.figures)
    .map(({ name, unit, values }) => [name, { ...summarize(values), unit }] as const)
  const spreads = measured.flatMap((one) => one.ratios).map(({ name, values }) => [name, summarize(values)] as const)
  return {
    figures: Object.fromEntries(figures),
    ratios: Object.fromEntries(spreads.map(([name, { median }]) => [name, median])),
    spreads: Object.fromEntries(spreads),
    notes: notesOf(measured),
    machine,
    model,
  }
}

/** The report for people: one line for each figure with its median and, in brackets, the smallest and the largest; notes last. */
export function toTable(measured: readonly Measured[], machine: Machine, model: MeasuredModel): string {
  const sections = [measured.flatMap((one) => one.figures), measured.flatMap((one) => one.ratios)]
  const notes = notesOf(measured)
  return [
    ...heading(machine, model),
    'Median (smallest to largest)',
    '',
    ...alignSections(sections.map((series) => series.map(row))),
    ...(notes.length > 0 ? [...notes, ''] : []),
  ].join('\n')
}

const notesOf = (measured: readonly Measured[]): string[] => measured.flatMap(({ notes = [] }) => notes)

/** What was measured, and on what. */
export function heading(machine: Machine, model: MeasuredModel): [string, string] {
  return [
    `${model.name}, ${bytes(model.bytes)}`,
    `${machine.cpu}, ${machine.threads} ${machine.threads === 1 ? 'thread' : 'threads'}, ${bytes(machine.memoryBytes)}, ${machine.backend ?? 'backend unknown'}`,
  ]
}

/** A line of a table: a label, a figure, and what stands behind it. */
export type Row = readonly [label: string, figure: string, rest: string]

/** Sections of one table, an empty line behind each; sections without rows are left out. */
export function alignSections(sections: readonly (readonly Row[])[]): string[] {
  const width = (column: 0 | 1) => Math.max(0, ...sections.flat().map((cells) => cells[column].length))
  const [labels, figures] = [width(0), width(1)]
  return sections
    .filter((section) => section.length > 0)
    .flatMap((section) => [
      ...section.map(([label, figure, rest]) =>
        `${label.padEnd(labels)}  ${figure.padStart(figures)}  ${rest}`.trimEnd(),
      ),
      '',
    ])
}

export function row({ label, unit, values }: Series): Row {
  const { median, min, max, runs } = summarize(values)
  return [
    label,
    `${number(median, unit)}${unit === 'ms' || unit === 'tokens/s' ? ` ${unit}` : ''}`,
    runs > 1 ? `(${number(min, unit)} to ${number(max, unit)})` : '',
  ]
}

function number(value: number, unit: Unit): string {
  if (unit === 'bytes') return bytes(value)
  if (unit === 'ratio') return value.toFixed(3)
  const digits = Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

const bytes = (value: number) => (value >= 1e9 ? `${(value / 1e9).toFixed(2)} GB` : `${(value / 1e6).toFixed(1)} MB`)
