import { t } from '@lingui/core/macro'
import type { SearchFilter } from '#contract'
import { create } from 'zustand'

/** When a conversation was changed last. */
export type ChangedWhen = 'any' | 'today' | 'week' | 'month' | 'year' | 'older' | 'range'

/**
 * What narrows the search. `model`: the name of one that answered, `tag`: one that it has; empty: any. `from` and `to`: the first and the
 * last day of the `range`, as yyyy-mm-dd in local time; empty: open.
 */
export interface ListFilter {
  readonly picture: boolean
  readonly video: boolean
  readonly model: string
  readonly tag: string
  readonly changed: ChangedWhen
  readonly from: string
  readonly to: string
}

export const noFilter: ListFilter = {
  picture: false,
  video: false,
  model: '',
  tag: '',
  changed: 'any',
  from: '',
  to: '',
}

/** What is searched for, and within what; kept while the sidebar is closed. */
export interface Searching {
  readonly query: string
  readonly filter: ListFilter
}

export const useSearching = create<Searching>(() => ({ query: '', filter: noFilter }))

export const setQuery = (query: string): void => useSearching.setState({ query })

export const changeFilter = (change: Partial<ListFilter>): void =>
  useSearching.setState(({ filter }) => ({ filter: { ...filter, ...change } }))

/** Back to the list of all. */
export const endSearch = (): void => useSearching.setState({ query: '', filter: noFilter })

export const isFiltered = ({ picture, video, model, tag, changed, from, to }: ListFilter): boolean =>
  picture || video || model !== '' || tag !== '' || (changed === 'range' ? from !== '' || to !== '' : changed !== 'any')

export const isSearching = ({ query, filter }: Searching): boolean => query.trim() !== '' || isFiltered(filter)

export const changedLabels: Readonly<Record<ChangedWhen, string>> = {
  any: t`Any time`,
  today: t`Today`,
  week: t`Last 7 days`,
  month: t`Last 30 days`,
  year: t`Last 12 months`,
  older: t({ message: 'Older', context: 'time' }),
  range: t`From day to day…`,
}

const daysBack: Readonly<Record<Exclude<ChangedWhen, 'any' | 'older' | 'range'>, number>> = {
  today: 0,
  week: 6,
  month: 29,
  year: 364,
}

/** The start of the day so many days before `now`, in local time; both in ms since 1970. */
const dayBefore = (now: number, days: number): number => {
  const day = new Date(now)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() - days).getTime()
}

/** The start of a day that is written as yyyy-mm-dd, or of the one so many days after it, in local time; null: it is none. */
function startOf(day: string, after = 0): number | null {
  const [, year, month, date] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day) ?? []
  return year === undefined ? null : new Date(Number(year), Number(month) - 1, Number(date) + after).getTime()
}

/** From when until when conversations were changed last; both in ms since 1970, days in local time, back from that of `now`. */
function timesOf({ changed, from, to }: ListFilter, now: number): Pick<SearchFilter, 'since' | 'until'> {
  if (changed === 'any') return {}
  if (changed === 'older') return { until: dayBefore(now, daysBack.year) }
  if (changed !== 'range') return { since: dayBefore(now, daysBack[changed]) }
  // days that were given in the other order are meant all the same
  const [first, last] = from !== '' && to !== '' && to < from ? [to, from] : [from, to]
  const [since, until] = [startOf(first), startOf(last, 1)]
  return { ...(since !== null && { since }), ...(until !== null && { until }) }
}

/** The filter as the core takes it; `now`: the present in ms since 1970. */
export function toSearchFilter(filter: ListFilter, now: number): SearchFilter {
  const { picture, video, model, tag } = filter
  return {
    ...(picture && { picture }),
    ...(video && { video }),
    ...(model !== '' && { model }),
    ...(tag !== '' && { tag }),
    ...timesOf(filter, now),
  }
}

/** Each thing that is set, in words, with the change that takes it back. */
export function setFilters(filter: ListFilter): { readonly label: string; readonly without: Partial<ListFilter> }[] {
  return [
    ...(filter.picture ? [{ label: t`Has a picture`, without: { picture: false } }] : []),
    ...(filter.video ? [{ label: t`Has a video`, without: { video: false } }] : []),
    ...(filter.model === '' ? [] : [{ label: filter.model, without: { model: '' } }]),
    ...(filter.tag === '' ? [] : [{ label: filter.tag, without: { tag: '' } }]),
    ...(filter.changed === 'any' || filter.changed === 'range'
      ? []
      : [{ label: changedLabels[filter.changed], without: { changed: 'any' as const } }]),
  ]
}
