import { expect, test } from 'vitest'
import { isSearching, noFilter, setFilters, toSearchFilter } from './searching.ts'
import type { ListFilter } from './searching.ts'

const noon = new Date(2026, 2, 10, 12).getTime()
const midnight = (year: number, month: number, day: number): number => new Date(year, month, day).getTime()

test.each<[Partial<ListFilter>, object]>([
  [{}, {}],
  [
    { picture: true, video: true, model: 'Demo model', tag: 'Birds' },
    { picture: true, video: true, model: 'Demo model', tag: 'Birds' },
  ],
  [{ changed: 'today' }, { since: midnight(2026, 2, 10) }],
  [{ changed: 'week' }, { since: midnight(2026, 2, 4) }],
  [{ changed: 'month' }, { since: midnight(2026, 1, 9) }],
  [{ changed: 'year' }, { since: midnight(2025, 2, 11) }],
  [{ changed: 'older' }, { until: midnight(2025, 2, 11) }],
  [
    { changed: 'range', from: '2026-02-27', to: '2026-02-28' },
    { since: midnight(2026, 1, 27), until: midnight(2026, 2, 1) },
  ],
  [
    { changed: 'range', from: '2026-02-28', to: '2026-02-27' },
    { since: midnight(2026, 1, 27), until: midnight(2026, 2, 1) },
  ],
  [{ changed: 'range', from: '2026-02-28', to: '' }, { since: midnight(2026, 1, 28) }],
  [{ changed: 'range', from: '', to: '2026-13' }, {}],
])('%o is asked of the core as %o', (set, asked) => {
  expect(toSearchFilter({ ...noFilter, ...set }, noon)).toEqual(asked)
})

test('what is set is told in words, and each can be taken back', () => {
  const filter: ListFilter = {
    picture: true,
    video: true,
    model: 'Demo model',
    tag: 'Birds',
    changed: 'week',
    from: '',
    to: '',
  }
  expect(setFilters(filter).map(({ label }) => label)).toEqual([
    'Has a picture',
    'Has a video',
    'Demo model',
    'Birds',
    'Last 7 days',
  ])
  const bare = setFilters(filter).reduce((left, { without }) => ({ ...left, ...without }), filter)
  expect([bare, setFilters(bare)]).toEqual([noFilter, []])
  expect([
    isSearching({ query: ' ', filter: noFilter }),
    isSearching({ query: ' ', filter }),
    isSearching({ query: 'a', filter: noFilter }),
  ]).toEqual([false, true, true])
})
