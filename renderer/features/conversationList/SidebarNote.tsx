import type { ReactNode } from 'react'
import { UndoNote } from '../../components/primitives/UndoNote.tsx'
import { dismissNote, useNote } from './actions.ts'
import { focusListMenu, undo } from './doing.ts'

/** Below the list: what was done last, with the way back. */
export function SidebarNote(): ReactNode {
  const note = useNote((state) => state.note)
  if (!note) return null
  return (
    <UndoNote
      data-sidebar-note
      className="mx-2 mb-2"
      text={note.text}
      isFailure={note.isFailure}
      undo={note.undo && undo}
      onDismiss={() => {
        dismissNote()
        focusListMenu()
      }}
      onGone={dismissNote}
    />
  )
}
