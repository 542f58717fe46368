import { TriangleAlert, X } from 'lucide-react'
import { useEffect } from 'react'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { shortcut } from '../../lib/platform.ts'
import { dismissNote, useNote } from './actions.ts'
import { focusListMenu, undo } from './doing.ts'

/** How long it stays, in ms; what was deleted is in the trash afterwards. */
const SHOWN_MS = 20_000

/** Below the list: what was done last, with the way back. It goes after a while, unless it has the focus or the pointer. */
export function SidebarNote(): ReactNode {
  const note = useNote((state) => state.note)
  useEffect(() => {
    if (!note || note.isFailure) return
    const look = (): void => {
      if (document.querySelector('[data-sidebar-note]:is(:hover, :focus-within)')) timer = setTimeout(look, SHOWN_MS)
      else dismissNote()
    }
    let timer = setTimeout(look, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [note])
  if (!note) return null
  return (
    <div
      data-sidebar-note
      role={note.isFailure ? 'alert' : 'group'}
      aria-label={note.isFailure ? undefined : 'What was done last'}
      className="mx-2 mb-2 flex items-center gap-1 rounded-md border border-hairline bg-raised py-1 pr-1 pl-2.5"
    >
      {note.isFailure ? <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden /> : null}
      <p
        className={
          note.isFailure
            ? 'min-w-0 flex-1 [overflow-wrap:anywhere]'
            : 'line-clamp-2 min-w-0 flex-1 [overflow-wrap:anywhere]'
        }
        title={note.text}
      >
        {note.text}
      </p>
      {note.undo ? (
        <Button
          kind="quiet"
          className="h-6 px-1.5 text-accent!"
          aria-keyshortcuts="Control+Z Meta+Z"
          title={shortcut('Z')}
          onClick={undo}
        >
          Undo
        </Button>
      ) : null}
      <IconButton
        label="Dismiss"
        size="small"
        onClick={() => {
          dismissNote()
          focusListMenu()
        }}
      >
        <X />
      </IconButton>
    </div>
  )
}
