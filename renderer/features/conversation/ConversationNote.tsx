import { useEffect, useEffectEvent } from 'react'
import type { ReactNode } from 'react'
import { UndoNote } from '../../components/primitives/UndoNote.tsx'
import { isMac } from '../../lib/platform.ts'
import { dismissNote, undo, useNote } from './doing.ts'
import { useOpenConversation } from './store.ts'

/** Over the end of the conversation: what was done last in it, with the way back, which Ctrl+Z is too outside of a text. */
export function ConversationNote(): ReactNode {
  const id = useOpenConversation((state) => state.id)
  const note = useNote((state) => state.note)
  const isShown = note !== null && note.conversationId === id
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    const isCommand = isMac ? event.metaKey : event.ctrlKey
    if (event.defaultPrevented || !isCommand || event.shiftKey || event.key.toLowerCase() !== 'z') return
    const field = event.target instanceof Element ? event.target.closest('input, textarea') : null
    // a field that holds nothing has nothing of its own to take back
    if (field instanceof HTMLInputElement || (field instanceof HTMLTextAreaElement && field.value !== '')) return
    event.preventDefault()
    undo()
  })
  useEffect(() => {
    if (!isShown) return
    const listen = (event: KeyboardEvent): void => onKey(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [isShown])
  if (!isShown) return null
  return (
    <div className="absolute inset-x-0 bottom-2 z-10 flex justify-center px-4">
      <UndoNote
        className="max-w-[min(560px,100%)] shadow-float"
        text={note.text}
        isFailure={note.isFailure}
        undo={note.undo && undo}
        {...(note.undoLabel !== undefined && { undoLabel: note.undoLabel })}
        onDismiss={dismissNote}
      />
    </div>
  )
}
