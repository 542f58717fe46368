import { t } from '@lingui/core/macro'
import type { EngineStatus, PlanPart, VisionHow } from '#contract'
import { visionLabels } from '../../lib/engine.ts'
import { count, percent } from '../../lib/format.ts'
import { formatLocale } from '../../lib/i18n.ts'

/** The text and the colour of the engine's state. */
export interface StatusText {
  readonly label: string
  readonly tone: 'ok' | 'busy' | 'quiet' | 'bad'
}

/** The engine's state in the user's words. */
export function statusText(status: EngineStatus): StatusText {
  switch (status.state) {
    case 'ready':
      return { label: t`Ready`, tone: 'ok' }
    case 'loading':
      return { label: status.progress === null ? t`Loading` : t`Loading ${percent(status.progress)}`, tone: 'busy' }
    case 'restarting':
      return { label: t`Restarting`, tone: 'busy' }
    case 'failed':
      return { label: t`Not working`, tone: 'bad' }
    case 'off':
      return { label: t`Loads with the first question`, tone: 'quiet' }
  }
}

/**
 * The device that computes, as text: "CPU (zen4)", or "CUDA · NVIDIA GeForce RTX 4070 · 28 of 29 layers"; null before
 * it is known.
 */
export function computesOn({
  backend,
  noGpuReason,
  plan,
}: Pick<EngineStatus, 'backend' | 'noGpuReason' | 'plan'>): string | null {
  if (backend === null || noGpuReason !== null) return backend
  const [, api, device] = /^(\S+) \((.+)\)$/.exec(backend) ?? [null, backend]
  return [api, device, plan && layersThere(plan)].filter(Boolean).join(' · ')
}

/** "28 of 29 layers", which a line does not break. */
const layersThere = ({ gpuLayers, layers }: { gpuLayers: number; layers: number }): string =>
  (gpuLayers === layers
    ? t`all ${count(layers)} layers`
    : t`${count(gpuLayers)} of ${count(layers)} layers`
  ).replaceAll(' ', '\u00a0')

/** What looks at pictures, as text: "llama.cpp, bf16 · Balanced"; a graphics card follows no choice. */
export const looksWith = ({ how, setting }: VisionHow): string =>
  setting === null ? how : `${how} · ${visionLabels[setting]}`

/** The reason why no GPU computes, as a sentence: "No graphics card is used: no NVIDIA driver was found (CUDA)." */
export function noGpuText(reason: string): string {
  const reasons = reason.split('; ').map((one) => one.replace(/^(CUDA|Vulkan|Metal): (.+)$/, '$2 ($1)'))
  return reason === '' ? t`No graphics card is used.` : t`No graphics card is used: ${reasons.join(', ')}.`
}

/** The uses of memory in a plan, in the order of the bar. */
const memoryKinds = ['weights', 'projector', 'kv', 'picture', 'overhead'] as const
export type MemoryKind = (typeof memoryKinds)[number]

/** One thing that takes memory: its bytes, and their figure as it is shown. */
interface MemoryFigure {
  readonly kind: MemoryKind
  readonly bytes: number
  readonly text: string
}

/** The figures of one device. All are in one unit, and the shown ones add up to the shown total. */
export interface PlanFigures {
  readonly entries: readonly MemoryFigure[]
  readonly total: string
}

const units = [
  { from: 1e9, unit: 'gigabyte', digits: 2 },
  { from: 1e6, unit: 'megabyte', digits: 1 },
  { from: 0, unit: 'kilobyte', digits: 1 },
] as const
const UNIT_BYTES = { kilobyte: 1e3, megabyte: 1e6, gigabyte: 1e9 }

/** Writes the plan of one device in `locale` (by default the user's); a use that takes nothing is left out. */
export function planFigures(part: PlanPart, locale: string = formatLocale()): PlanFigures {
  const { unit, digits } = units.find(({ from }) => part.total >= from) ?? units[2]
  const format = new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  const step = UNIT_BYTES[unit] / 10 ** digits
  const write = (steps: number) => format.format(steps / 10 ** digits)
  const kinds = memoryKinds.filter((kind) => part[kind] > 0)
  const steps = roundTogether(kinds.map((kind) => part[kind] / step))
  return {
    entries: kinds.map((kind, i) => ({ kind, bytes: part[kind], text: steps[i] ? write(steps[i]) : `< ${write(1)}` })),
    total: write(steps.reduce((sum, one) => sum + one, 0)),
  }
}

/** Whole numbers next to `values` whose sum is the rounded sum: those with the largest remainders are rounded up. */
export function roundTogether(values: readonly number[]): number[] {
  const whole = values.map(Math.floor)
  const missing = Math.round(values.reduce((sum, one) => sum + one, 0)) - whole.reduce((sum, one) => sum + one, 0)
  const byRemainder = values.map((value, i) => ({ i, rest: value - whole[i]! })).sort((a, b) => b.rest - a.rest)
  for (const { i } of byRemainder.slice(0, missing)) whole[i]!++
  return whole
}
