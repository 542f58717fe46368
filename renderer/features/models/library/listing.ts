import { t } from '@lingui/core/macro'
import type { LibraryModel, ModelOverrides } from '#contract'
import { bytes, day, counted } from '../../../lib/format.ts'

/** The facts about a model in one line: "Q4_K_M · 1.9 GB · used yesterday · Hugging Face". `now` in ms. */
export function factsOf({ model, quantization, lastUsedAt, origin }: LibraryModel, now: number): string {
  const used = lastUsedAt === null ? t`not used yet` : t`used ${day(lastUsedAt, now)}`
  const from = model.isDemo ? null : origin.split(' · ')[0]
  return [quantization, bytes(model.bytes), used, from].filter(Boolean).join(' · ')
}

/** The problem with a model's files, in two words; null when there is none. */
export function troubleOf({ files }: LibraryModel): string | null {
  if (files.some(({ awayDrive }) => awayDrive !== null)) return t`Drive away`
  if (files.some(({ exists }) => !exists)) return t`Files missing`
  return files.some(({ digest }) => digest === 'changed') ? t`Files changed` : null
}

/** The ways in which the library can be ordered. */
export const orders = { used: t`Last used`, name: t`Name`, size: t`Size`, added: t`Date added` } as const
export type Order = keyof typeof orders

const compare: Record<Order, (a: LibraryModel, b: LibraryModel) => number> = {
  used: (a, b) => (b.lastUsedAt ?? 0) - (a.lastUsedAt ?? 0),
  name: (a, b) => a.model.name.localeCompare(b.model.name, undefined, { numeric: true }),
  size: (a, b) => b.model.bytes - a.model.bytes,
  added: (a, b) => b.addedAt - a.addedAt,
}

/** The models whose name, quantization or origin contain every word of `query`, in `order`. */
export function listed(models: readonly LibraryModel[], query: string, order: Order | null): readonly LibraryModel[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  const found = models.filter(({ model, quantization, origin }) => {
    const text = `${model.name} ${quantization ?? ''} ${origin}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
  return order ? found.toSorted(compare[order]) : found
}

/** The number of a model's changed defaults, as text; null when none is changed. */
export function changesText({
  placement,
  budget,
  sampling,
  maxTokens,
  systemPrompt,
  rawPrompt,
  profileId,
}: ModelOverrides): string | null {
  const changed = [...Object.values(placement), budget, sampling, maxTokens, systemPrompt, rawPrompt, profileId].filter(
    (value) => value !== null,
  ).length
  return changed === 0 ? null : counted(changed, 'change')
}

const SIZES = [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072]

/** The sizes of context to choose from, in tokens: powers of two up to what the model was trained for. */
export function contextSizes(trainedContext: number, chosen: number): readonly number[] {
  const sizes = [...SIZES.filter((size) => size < trainedContext), Math.max(256, trainedContext), chosen]
  return [...new Set(sizes)].sort((a, b) => a - b)
}
