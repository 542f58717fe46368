import { t } from '@lingui/core/macro'
import type { Conversation, Folder } from '#contract'
import { create } from 'zustand'
import type { FoldersState } from './folders.ts'
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

/** Whether a conversation stands in a folder of the list; what is pinned stands on top of all. */
export const isInFolder = (conversation: Conversation, folderId: string): boolean =>
  conversation.folderId === folderId && !conversation.pinned && shelfOf(conversation) === 'list'

/** What the list looks like beside its conversations. */
type Shown = Pick<FoldersState, 'folders' | 'folded'>
const noFolders: Shown = { folders: [], folded: new Set() }

/** Parts the conversations of the list: pinned ones, those of each folder, in their order, and the others. */
function parted(ids: readonly string[], byId: ListState['byId'], { folders }: Pick<Shown, 'folders'>) {
  const known = new Set(folders.map(({ id }) => id))
  const parts = Map.groupBy(ids, (id) => {
    const { pinned, folderId } = byId[id]!
    return pinned ? 'pinned' : folderId !== undefined && known.has(folderId) ? folderId : 'others'
  })
  const of = (key: string): readonly string[] => parts.get(key) ?? []
  return { pinned: of('pinned'), inFolder: (folder: Folder) => of(folder.id), others: of('others') }
}

/**
 * The conversations of a shelf as they are shown: newest first, in the list pinned ones before, then those of folders that are
 * not folded, in the trash what was deleted last first.
 */
export function idsOn(
  { order, byId }: Pick<ListState, 'order' | 'byId'>,
  shelf: Shelf,
  shown: Shown = noFolders,
): string[] {
  const ids = order.filter((id) => shelfOf(byId[id]!) === shelf)
  if (shelf === 'trash') return ids.sort((a, b) => (byId[b]?.deletedAt ?? 0) - (byId[a]?.deletedAt ?? 0))
  if (shelf === 'archive') return ids
  const { pinned, inFolder, others } = parted(ids, byId, shown)
  const open = shown.folders.filter(({ id }) => !shown.folded.has(id))
  return [...pinned, ...open.flatMap(inFolder), ...others]
}

/** The conversations of a shelf under their headings: what is pinned first, folders, the rest by day; the trash has none. */
export function groupsOf(
  ids: readonly string[],
  byId: ListState['byId'],
  shelf: Shelf,
  now: number,
  folders: readonly Folder[] = [],
): Group[] {
  if (shelf === 'trash') return ids.length > 0 ? [{ label: t`In the trash`, ids }] : []
  const day = (of: readonly string[]): Group[] => groupByDay(of, (id) => byId[id]?.updatedAt ?? 0, now)
  if (shelf === 'archive') return day(ids)
  const { pinned, inFolder, others } = parted(ids, byId, { folders })
  return [
    ...(pinned.length > 0 ? [{ label: t`Pinned`, ids: pinned }] : []),
    ...folders.map((folder) => ({ label: folder.name, ids: inFolder(folder), folder })),
    ...day(others),
  ]
}

/** Every tag that conversations have which are not in the trash, in alphabetical order. */
export const tagsOf = (byId: ListState['byId']): string[] =>
  [...new Set(Object.values(byId).flatMap((one) => (one.deletedAt === undefined ? (one.tags ?? []) : [])))].sort(
    (a, b) => a.localeCompare(b, undefined, { numeric: true }),
  )
