import { t } from '@lingui/core/macro'
import type { CatalogueEntry, EntryFit } from '#contract'

/** The groups in which models are shown, in their order. */
export const groups = [
  { id: 'general', label: t`For everything` },
  { id: 'thinking', label: t`Thinks first` },
  { id: 'pages', label: t`Reads pages` },
  { id: 'screens', label: t`Points on screens` },
  { id: 'older', label: t`Older` },
] as const
type Group = (typeof groups)[number]['id']

/** The group of a model: its job, whether it thinks first, else its generation. */
function groupOf({ job, kind, family }: CatalogueEntry): Group {
  if (job !== null) return job
  if (kind === 'thinking') return 'thinking'
  return family === 'qwen2vl' || family === 'qwen25vl' ? 'older' : 'general'
}

/** Whether every word of a filter is in what is said of a model; an empty filter finds all. A number is whole: 2B is not in 32B. */
function isFound(entry: CatalogueEntry, filter: string): boolean {
  const label = groups.find(({ id }) => id === groupOf(entry))?.label ?? ''
  const said = `${entry.name} ${entry.goodAt} ${entry.licence.name} ${label}`.toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => (/^\d/.test(word) ? hasNumber(said, word) : said.includes(word)))
}

const hasNumber = (said: string, word: string) =>
  said
    .split(word)
    .slice(0, -1)
    .some((before) => !/[\d.]$/.test(before))

/** The models that a filter finds, by group; in each those that fit this computer first, otherwise in the list's order. */
export function grouped(
  entries: readonly CatalogueEntry[],
  fits: Readonly<Record<string, EntryFit>>,
  filter: string,
): { label: string; entries: CatalogueEntry[] }[] {
  const isTooLarge = ({ id }: CatalogueEntry) => Number(fits[id]?.fit.level === 'no')
  return groups
    .map(({ id, label }) => ({
      label,
      entries: entries
        .filter((entry) => groupOf(entry) === id && isFound(entry, filter.trim()))
        .toSorted((a, b) => isTooLarge(a) - isTooLarge(b)),
    }))
    .filter((group) => group.entries.length > 0)
}
