import { t } from '@lingui/core/macro'
import type { Folder } from '#contract'
import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { counted } from '../../lib/format.ts'
import { shortcut } from '../../lib/platform.ts'
import { call } from '../../lib/rpc.ts'
import { useFolders } from './folders.ts'
import { endSelecting } from './shelves.ts'
import { removedHere, useConversationList } from './store.ts'

/** What was done last with conversations and can be taken back, or why it could not be done. */
export interface Note {
  readonly text: string
  readonly ids: readonly string[]
  readonly undo: (() => Promise<void>) | null
  readonly isFailure: boolean
}

export const useNote = create<{ readonly note: Note | null }>(() => ({ note: null }))

export const dismissNote = (): void => useNote.setState({ note: null })

/** "“Red circle”", "3 conversations". */
const named = (ids: readonly string[]): string => {
  const [first] = ids
  const title = first === undefined ? undefined : useConversationList.getState().byId[first]?.title
  return ids.length === 1 && title !== undefined ? t`“${title}”` : counted(ids.length, 'conversation')
}

/** Does something with conversations and says so, with the way back; what fails is said in its place. */
async function act(
  text: string,
  ids: readonly string[],
  run: () => Promise<unknown>,
  undo: Note['undo'],
): Promise<void> {
  try {
    await run()
    useNote.setState({ note: { text, ids, undo, isFailure: false } })
    announce(undo ? t`${text}. ${shortcut('Z')} takes it back.` : text)
    endSelecting()
  } catch (thrown) {
    const { message } = toAppError(thrown)
    useNote.setState({ note: { text: message, ids, undo: null, isFailure: true } })
    announce(message)
  }
}

/** Moves conversations to the trash. */
export const discard = (ids: readonly string[]): Promise<void> =>
  act(
    t`Deleted ${named(ids)}`,
    ids,
    () => call((core) => core.conversations.discard({ ids: [...ids] })),
    () => restore(ids),
  )

/** Takes conversations out of the trash. */
export const restore = (ids: readonly string[]): Promise<void> =>
  act(t`Restored ${named(ids)}`, ids, () => call((core) => core.conversations.restore({ ids: [...ids] })), null)

/** Puts conversations away, or back into the list. */
export const archive = (ids: readonly string[], archived: boolean): Promise<void> =>
  act(
    archived ? t`Archived ${named(ids)}` : t`Back in the list: ${named(ids)}`,
    ids,
    () => call((core) => core.conversations.archive({ ids: [...ids], archived })),
    () => archive(ids, !archived),
  )

/** Puts conversations on top of the list, or back. */
export const pin = (ids: readonly string[], pinned: boolean): Promise<void> =>
  act(
    pinned ? t`Pinned ${named(ids)}` : t`Unpinned ${named(ids)}`,
    ids,
    () => call((core) => core.conversations.pin({ ids: [...ids], pinned })),
    () => pin(ids, !pinned),
  )

/** Puts conversations into a folder; null: out of theirs. */
export function move(ids: readonly string[], folderId: string | null): Promise<void> {
  const { byId } = useConversationList.getState()
  const before = Map.groupBy(ids, (id) => byId[id]?.folderId ?? null)
  const folder = useFolders.getState().folders.find(({ id }) => id === folderId)
  const moveTo = (some: readonly string[], to: string | null) =>
    call((core) => core.folders.move({ ids: [...some], folderId: to }))
  return act(
    folder ? t`Moved ${named(ids)} to “${folder.name}”` : t`Out of its folder: ${named(ids)}`,
    ids,
    () => moveTo(ids, folderId),
    () =>
      act(
        t`Back where it was: ${named(ids)}`,
        ids,
        () => Promise.all([...before].map(([id, some]) => moveTo(some, id))),
        null,
      ),
  )
}

/** Removes a folder; its conversations go back to the list. */
export const removeFolder = ({ id, name }: Folder): Promise<void> =>
  act(t`Removed the folder “${name}”`, [], () => call((core) => core.folders.remove({ id })), null)

/** Makes a folder with these conversations in it. Rejects with the reason, as those below do. */
export async function createFolder(name: string, ids: readonly string[]): Promise<void> {
  await call((core) => core.folders.create({ name, ids: [...ids] }))
  announce(t`Made the folder “${name}”`)
  endSelecting()
}

export const renameFolder = (folder: Folder): Promise<void> => call((core) => core.folders.rename(folder))

/** Gives conversations tags, and takes some from them. */
export const tag = (ids: readonly string[], add: readonly string[], remove: readonly string[]): Promise<void> =>
  call((core) => core.conversations.tag({ ids: [...ids], add: [...add], remove: [...remove] }))

/** Deletes conversations of the trash for good. Rejects with the reason. */
export async function deleteForGood(ids: readonly string[]): Promise<void> {
  ids.forEach((id) => removedHere.add(id))
  try {
    await call((core) => core.conversations.emptyTrash({ ids: [...ids] }))
    announce(t`Deleted for good: ${counted(ids.length, 'conversation')}`)
    dismissNote()
    endSelecting()
  } catch (thrown) {
    ids.forEach((id) => removedHere.delete(id))
    throw thrown
  }
}
