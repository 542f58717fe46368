import type { Folder } from '#contract'
import { create } from 'zustand'
import { follow } from '../../lib/follow.ts'
import { recall, remember } from '../../lib/platform.ts'
import { connection } from '../../lib/rpc.ts'

/** The folders of the list by their names, and which of them are folded, as this window remembers it. */
export interface FoldersState {
  readonly folders: readonly Folder[]
  readonly folded: ReadonlySet<string>
}

const FOLDED = 'folded'

function recalled(): ReadonlySet<string> {
  try {
    const ids: unknown = JSON.parse(recall(FOLDED) ?? '[]')
    return new Set(Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [])
  } catch {
    return new Set()
  }
}

export const useFolders = create<FoldersState>(() => ({ folders: [], folded: recalled() }))

/** Keeps the folders up to date until `signal` aborts. */
export const followFolders = (signal: AbortSignal): Promise<void> =>
  follow<readonly Folder[]>({
    connection,
    signal,
    subscribe: (core, round) => core.folders.watch(undefined, { signal: round }),
    onEvent: (folders) => useFolders.setState({ folders: byName(folders) }),
  })

const byName = (folders: readonly Folder[]): Folder[] =>
  [...folders].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))

/** Folds a folder or opens it. */
export function fold(id: string, isFolded: boolean): void {
  const { folders, folded } = useFolders.getState()
  // folders that are gone are forgotten on the way
  const known = new Set(folders.map((folder) => folder.id))
  const next = new Set([...folded].filter((one) => one !== id && known.has(one)))
  if (isFolded) next.add(id)
  useFolders.setState({ folded: next })
  remember(FOLDED, JSON.stringify([...next]))
}
