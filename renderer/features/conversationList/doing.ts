import type { Conversation, Folder } from '#contract'
import * as actions from './actions.ts'

/** What has to be asked in a dialog: the name of a new folder for these conversations or of one, or their tags. */
export type ListQuestion =
  | { readonly kind: 'folder'; readonly ids: readonly string[] }
  | { readonly kind: 'rename'; readonly folder: Folder }
  | { readonly kind: 'tags'; readonly ids: readonly string[] }

/** What the sidebar does with conversations; each keeps the focus in the list when rows go. */
export interface Doing {
  discard(ids: readonly string[]): void
  restore(ids: readonly string[]): void
  archive(ids: readonly string[], archived: boolean): void
  pin(ids: readonly string[], pinned: boolean): void
  /** null: out of their folders. */
  move(ids: readonly string[], folderId: string | null): void
  removeFolder(folder: Folder): void
  ask(question: ListQuestion): void
  /** Asks first. */
  deleteForGood(ids: readonly string[]): void
  /** Asks in which form. */
  export(conversation: Conversation): void
}

/**
 * The row that gets the focus when those of `gone` are no longer there; unless something else has it by then, or with
 * `always`.
 */
let next: { readonly gone: readonly string[]; readonly id: string | null; readonly always?: boolean } | null = null

/** Notes that rows are about to go from `shown`: the one after the last of them gets the focus, else the one before. */
function expect(gone: readonly string[], shown: readonly string[], always = false): void {
  const set = new Set(gone)
  const last = shown.findLastIndex((id) => set.has(id))
  const id = shown.slice(last + 1).find((one) => !set.has(one)) ?? shown.findLast((one) => !set.has(one)) ?? null
  next = { gone, id, always }
}

const sidebar = (): Element | null => document.querySelector('nav')

/** Gives the focus to the row of a conversation where the control that was used goes away. */
export function focusRow(id: string): void {
  next = { gone: [], id }
  requestAnimationFrame(() => focusNext([], sidebar()))
}

/** Back from the archive or the trash, or from selecting: the focus goes to the menu that leads there. */
export function focusListMenu(): void {
  sidebar()?.querySelector<HTMLElement>('[data-list-menu]')?.focus()
}

/** Takes back what was done last; nothing where that cannot be. */
export function undo(): void {
  const { note } = actions.useNote.getState()
  if (!note?.undo) return
  next = { gone: [], id: note.ids[0] ?? null }
  void note.undo()
}

/** For so many frames a menu or question that closes may still have the focus. */
const FRAMES = 60

/**
 * To be called once rows were drawn: gives the focus to the row that was noted, or to the search field, where the one that
 * had it is gone. `frames`: so long it waits for what closes.
 */
export function focusNext(shown: readonly string[], nav: Element | null | undefined, frames = FRAMES): void {
  if (!next || next.gone.some((id) => shown.includes(id))) return
  const { id, always } = next
  const active = document.activeElement
  if (active?.closest('[role=alertdialog], [role=menu], [data-sidebar-note]') && frames > 0) {
    requestAnimationFrame(() => focusNext(shown, nav, frames - 1))
    return
  }
  next = null
  if (!always && active !== null && active !== document.body) return
  const row = id === null ? null : nav?.querySelector<HTMLElement>(`[data-conversation-id="${CSS.escape(id)}"]`)
  ;(row ?? nav?.querySelector<HTMLElement>('[role=searchbox]'))?.focus()
}

/**
 * @param shown The conversations of the list, in their order.
 * @param onGone Hears of conversations that are about to leave the list for the trash.
 * @param confirm Asks before what cannot be undone.
 * @param onExport Asks in which form a conversation is to leave.
 * @param ask Asks what has to be typed.
 */
export const doingOn = (
  shown: readonly string[],
  onGone: (ids: readonly string[]) => void,
  confirm: (ids: readonly string[]) => void,
  onExport: (conversation: Conversation) => void,
  ask: (question: ListQuestion) => void,
): Doing => ({
  discard(ids) {
    // the new conversation that takes the place of an open one would have it
    expect(ids, shown, true)
    onGone(ids)
    void actions.discard(ids)
  },
  restore(ids) {
    expect(ids, shown)
    void actions.restore(ids)
  },
  archive(ids, archived) {
    expect(ids, shown)
    void actions.archive(ids, archived)
  },
  pin(ids, pinned) {
    // it moves within the list, where its row is made anew
    next = { gone: [], id: ids[0] ?? null }
    void actions.pin(ids, pinned)
  },
  deleteForGood(ids) {
    expect(ids, shown)
    confirm(ids)
  },
  move(ids, folderId) {
    next = { gone: [], id: ids[0] ?? null }
    void actions.move(ids, folderId)
  },
  removeFolder(folder) {
    focusListMenu()
    void actions.removeFolder(folder)
  },
  ask,
  export: onExport,
})
