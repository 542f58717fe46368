import type { Message } from '#contract'
import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { count, counted } from '../../lib/format.ts'
import { shortcut } from '../../lib/platform.ts'
import { call } from '../../lib/rpc.ts'
import { selectBranch, useOpenConversation } from './store.ts'

/** What was done last in a conversation and how it is taken back, or why it could not be done. */
interface Note {
  readonly conversationId: string
  readonly text: string
  readonly undo: (() => Promise<void>) | null
  /** What the way back is called; unset: Undo. */
  readonly undoLabel?: string
  readonly isFailure: boolean
}

export const useNote = create<{ readonly note: Note | null }>(() => ({ note: null }))

export const dismissNote = (): void => useNote.setState({ note: null })

function tell(note: Omit<Note, 'isFailure'>): void {
  useNote.setState({ note: { ...note, isFailure: false } })
  announce(note.undo ? `${note.text} ${shortcut('Z')} takes it back.` : note.text)
}

function tellFailure(conversationId: string, thrown: unknown): void {
  const { message: text } = toAppError(thrown)
  useNote.setState({ note: { conversationId, text, undo: null, isFailure: true } })
  announce(text)
}

/** Takes back what was done last; nothing where that cannot be. */
export function undo(): void {
  const { note } = useNote.getState()
  if (!note?.undo) return
  dismissNote()
  note.undo().then(
    () => announce('Taken back'),
    (thrown: unknown) => tellFailure(note.conversationId, thrown),
  )
}

const amount = (questions: number, answers: number): string =>
  [
    ...(questions > 0 ? [counted(questions, 'question')] : []),
    ...(answers > 0 ? [counted(answers, 'answer')] : []),
  ].join(' and ')

/** Moves a message to the trash with all that hangs on it, and says how much that was. */
export async function removeMessage({ id: messageId, conversationId }: Message): Promise<void> {
  try {
    const { trashId, questions, answers } = await call((core) => core.conversations.removeMessage({ messageId }))
    tell({
      conversationId,
      text: `Deleted ${amount(questions, answers)}.`,
      undo: () => call((core) => core.conversations.restore({ ids: [trashId] })),
    })
  } catch (thrown) {
    tellFailure(conversationId, thrown)
  }
}

/** How many messages of the shown path come after one. */
export function countAfter(messageId: string): number {
  const { order } = useOpenConversation.getState()
  const at = order.indexOf(messageId)
  return at < 0 ? 0 : order.length - at - 1
}

/** Says that what came after a message is on its own branch now, where anything did, and leads back to it. */
export function tellLeft({ id, conversationId }: Message, after: number): void {
  if (after === 0) return
  tell({
    conversationId,
    text: `The ${after === 1 ? 'message' : `${count(after)} messages`} after it ${after === 1 ? 'is' : 'are'} on the earlier version.`,
    undo: () => selectBranch(id),
    undoLabel: 'Go back',
  })
}

/** Stores an answer in the user's words as a version of it, which the conversation goes on from. Rejects with the reason. */
export async function editAnswer(message: Message, text: string): Promise<void> {
  const after = countAfter(message.id)
  await call((core) => core.conversations.editAnswer({ messageId: message.id, text }))
  tellLeft(message, after)
}
