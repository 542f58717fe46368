import type { Conversation } from '#contract'
import { create } from 'zustand'
import { groupByDay } from './state.ts'
import type { Group, ListState } from './state.ts'

/** Where conversations are kept. */
export type Shelf = 'list' | 'archive' | 'trash'

export const shelfOf = ({ deletedAt, archived }: Conversation): Shelf =>
  deletedAt !== undefined ? 'trash' : archived ? 'archive' : 'list'

/** The shelf that the sidebar shows, and what is selected on it; `anchor`: where a range of it begins. */
export interface Showing {
  readonly shelf: Shelf
  readonly isSelecting: boolean
  readonly selected: ReadonlySet<string>
  readonly anchor: string | null
}

const nothing = { isSelecting: false, selected: new Set<string>(), anchor: null }

export const useShowing = create<Showing>(() => ({ shelf: 'list', ...nothing }))

export const showShelf = (shelf: Shelf): void => useShowing.setState({ shelf, ...nothing })

/** Begins to select, with these. */
export const beginSelecting = (ids: readonly string[] = []): void =>
  useShowing.setState({ isSelecting: true, selected: new Set(ids), anchor: ids[0] ?? null })

export const endSelecting = (): void => useShowing.setState(nothing)

export const select = (ids: readonly string[]): void =>
  useShowing.setState({ isSelecting: true, selected: new Set(ids) })

/** Selects a conversation, or takes it out again. */
export const toggle = (id: string): void =>
  useShowing.setState(({ selected }) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    return { isSelecting: true, selected: next, anchor: id }
  })

/** Selects what lies between where the selection began and `id`, both included, beside what is selected. `from`: else there. */
export const selectTo = (id: string, shown: readonly string[], from: string): void =>
  useShowing.setState(({ selected, anchor }) => {
    const begin = anchor !== null && shown.includes(anchor) ? anchor : from
    const [a, b] = [shown.indexOf(begin), shown.indexOf(id)]
    const range = a < 0 || b < 0 ? [id] : shown.slice(Math.min(a, b), Math.max(a, b) + 1)
    return { isSelecting: true, selected: new Set([...selected, ...range]), anchor: begin }
  })

/** The conversations of a shelf: newest first, in the list pinned ones before, in the trash what was deleted last first. */
export function idsOn({ order, byId }: Pick<ListState, 'order' | 'byId'>, shelf: Shelf): string[] {
  const ids = order.filter((id) => shelfOf(byId[id]!) === shelf)
  if (shelf === 'trash') return ids.sort((a, b) => (byId[b]?.deletedAt ?? 0) - (byId[a]?.deletedAt ?? 0))
  if (shelf === 'archive') return ids
  return [...ids.filter((id) => byId[id]?.pinned), ...ids.filter((id) => !byId[id]?.pinned)]
}

/** The conversations of a shelf under their headings: what is pinned first, the rest by day; the trash has none. */
export function groupsOf(ids: readonly string[], byId: ListState['byId'], shelf: Shelf, now: number): Group[] {
  if (shelf === 'trash') return ids.length > 0 ? [{ label: 'In the trash', ids }] : []
  const isPinned = (id: string): boolean => shelf === 'list' && byId[id]?.pinned === true
  const pinned = ids.filter(isPinned)
  const others = ids.filter((id) => !isPinned(id))
  return [
    ...(pinned.length > 0 ? [{ label: 'Pinned' as const, ids: pinned }] : []),
    ...groupByDay(others, (id) => byId[id]?.updatedAt ?? 0, now),
  ]
}
