import { expect, test } from 'vitest'
import { groupByDay } from './state.ts'

const at = (day: number, hour: number): number => new Date(2026, 2, day, hour).getTime()

test('conversations are grouped by local day, and empty groups are left out', () => {
  const times: Record<string, number> = {
    midnight: at(10, 0),
    now: at(10, 9),
    lateYesterday: at(9, 23),
    old: at(1, 12),
  }
  const group = (ids: string[]) => groupByDay(ids, (id) => times[id] ?? 0, at(10, 9))
  expect(group(['now', 'midnight', 'lateYesterday', 'old'])).toEqual([
    { label: 'Today', ids: ['now', 'midnight'] },
    { label: 'Yesterday', ids: ['lateYesterday'] },
    { label: 'Earlier', ids: ['old'] },
  ])
  expect(group(['old'])).toEqual([{ label: 'Earlier', ids: ['old'] }])
})
