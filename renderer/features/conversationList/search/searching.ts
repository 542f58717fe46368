import type { SearchFilter } from '#contract'
import { create } from 'zustand'

/** When a conversation was changed last. */
export type ChangedWhen = 'any' | 'today' | 'week' | 'month' | 'year' | 'older'

/** What narrows the search. `model`: the name of one that answered; empty: any. */
export interface ListFilter {
  readonly picture: boolean
  readonly video: boolean
  readonly model: string
  readonly changed: ChangedWhen
}

export const noFilter: ListFilter = { picture: false, video: false, model: '', changed: 'any' }

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

export const isFiltered = ({ picture, video, model, changed }: ListFilter): boolean =>
  picture || video || model !== '' || changed !== 'any'

export const isSearching = ({ query, filter }: Searching): boolean => query.trim() !== '' || isFiltered(filter)

export const changedLabels: Readonly<Record<ChangedWhen, string>> = {
  any: 'Any time',
  today: 'Today',
  week: 'Last 7 days',
  month: 'Last 30 days',
  year: 'Last 12 months',
  older: 'Older',
}

const daysBack: Readonly<Record<Exclude<ChangedWhen, 'any' | 'older'>, number>> = {
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

/** The filter as the core takes it; days are counted in local time, back from that of `now` (ms since 1970). */
export function toSearchFilter({ picture, video, model, changed }: ListFilter, now: number): SearchFilter {
  return {
    ...(picture && { picture }),
    ...(video && { video }),
    ...(model !== '' && { model }),
    ...(changed === 'older'
      ? { until: dayBefore(now, daysBack.year) }
      : changed !== 'any' && { since: dayBefore(now, daysBack[changed]) }),
  }
}

/** Each thing that is set, in words, with the change that takes it back. */
export function setFilters(filter: ListFilter): { readonly label: string; readonly without: Partial<ListFilter> }[] {
  return [
    ...(filter.picture ? [{ label: 'Has a picture', without: { picture: false } }] : []),
    ...(filter.video ? [{ label: 'Has a video', without: { video: false } }] : []),
    ...(filter.model === '' ? [] : [{ label: filter.model, without: { model: '' } }]),
    ...(filter.changed === 'any'
      ? []
      : [{ label: changedLabels[filter.changed], without: { changed: 'any' as const } }]),
  ]
}
