import { AppError } from '#contract'
import type { MapEntry } from '#contract'
import type { Database } from '../../lib/database/index.ts'
import { titleOf } from './messageStore.ts'
import type { MessageStore } from './messageStore.ts'
import type { MessageCount, Pieces } from './pieces.ts'

/** What changes of the tree need of the conversations around it. */
interface Around {
  readonly db: Database
  readonly store: MessageStore
  readonly pieces: Pieces
  readonly now: () => number
  /** Tells the list of a conversation. */
  readonly upsert: (id: string) => void
  /** The ids of the path that watchers see. */
  readonly pathBefore: (id: string) => readonly string[]
  /** Tells watchers what has changed of the path since then. */
  readonly publishBranch: (id: string, before: readonly string[]) => void
  /** Throws Busy, and InvalidInput for what is in the trash. */
  readonly refuseWhileWritten: (id: string) => void
  readonly tellRemoved: (id: string) => void
  readonly discard: (id: string) => void
  readonly restore: (id: string) => void
}

/** Changes of the tree of a conversation's messages: which branch is shown, new versions, what is deleted and put back. */
export function createBranching({ db, store, pieces, now, ...around }: Around) {
  const { upsert, pathBefore, publishBranch, refuseWhileWritten } = around
  return {
    /** As `Conversations.selectBranch`. */
    select(messageId: string): void {
      const { conversationId } = store.message(messageId)
      const before = store.pathIds(store.conversation(conversationId).leafId)
      if (before.includes(messageId)) return
      store.moveTo(conversationId, store.newestLeaf(conversationId, messageId))
      upsert(conversationId)
      publishBranch(conversationId, before)
    },

    /** As `Conversations.editAnswer`. */
    editAnswer(messageId: string, text: string): string {
      const { conversationId, role, parentId, model, leftOut, seen, parts, format } = store.message(messageId)
      refuseWhileWritten(conversationId)
      if (role !== 'assistant')
        throw new AppError('InvalidInput', 'Only an answer is written anew like this. Edit the question instead.', {
          id: messageId,
        })
      const time = now()
      const before = pathBefore(conversationId)
      const kept = parts.filter(({ type }) => type !== 'text' && type !== 'reasoning')
      const edited = {
        ...{ conversationId, parentId, role, model, leftOut, seen, format, beside: null },
        status: 'complete',
        parts: [{ type: 'text', text: text.toWellFormed() }, ...kept],
        edited: true,
      } as const
      const id = db.transaction(() => {
        const added = store.addMessage(edited, time)
        store.moveTo(conversationId, added)
        store.touch(conversationId, time)
        return added
      })()
      upsert(conversationId)
      publishBranch(conversationId, before)
      return id
    },

    /** As `Conversations.removeMessage`. */
    removeMessage(messageId: string): { trashId: string } & MessageCount {
      const { conversationId, parentId, siblings, parts } = store.message(messageId)
      refuseWhileWritten(conversationId)
      const at = siblings.indexOf(messageId)
      const next = siblings[at - 1] ?? siblings[at + 1]
      if (parentId === null && next === undefined) {
        around.discard(conversationId)
        return { trashId: conversationId, ...pieces.count(conversationId) }
      }
      const before = pathBefore(conversationId)
      const trashId = db.transaction(() => {
        const { leafId } = store.conversation(conversationId)
        const isShown = store.pathIds(leafId).includes(messageId)
        const last = leafId !== null && isShown ? leafId : store.newestLeaf(conversationId, messageId)
        const other = store.other(messageId)
        const gone = other === null ? [messageId] : [messageId, other]
        const id = pieces.take(conversationId, gone, last, titleOf(parts), now())
        if (isShown)
          store.moveTo(conversationId, next === undefined ? parentId! : store.newestLeaf(conversationId, next))
        return id
      })()
      upsert(trashId)
      upsert(conversationId)
      publishBranch(conversationId, before)
      return { trashId, ...pieces.count(trashId) }
    },

    /** Puts deleted messages back; what they are part of leaves the trash with them. */
    putBack(id: string): void {
      const partOf = store.find(id)?.partOf
      if (partOf === undefined) return
      const before = pathBefore(partOf)
      db.transaction(() => pieces.putBack(id, partOf))()
      around.tellRemoved(id)
      upsert(partOf)
      publishBranch(partOf, before)
      if (store.conversation(partOf).deletedAt !== undefined) around.restore(partOf)
    },

    /** As `Conversations.map`. */
    map(id: string): MapEntry[] {
      const shown = new Set(store.pathIds(store.conversation(id).leafId))
      return store.map(id).map((entry) => ({ ...entry, shown: shown.has(entry.id) }))
    },
  }
}
