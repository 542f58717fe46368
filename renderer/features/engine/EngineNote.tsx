import { Info, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { hideNote } from './store.ts'

/** What the user should know of how the model runs, in a quiet line; put away, it stays in the model chip's panel. */
export function EngineNote({ note }: { note: string }): ReactNode {
  return (
    <div className="flex items-start gap-2 pt-2 text-small text-muted" data-testid="engine-note">
      <Info className="mt-px size-3.5 shrink-0" aria-hidden />
      <p className="flex-1 [overflow-wrap:anywhere]">{note}</p>
      <IconButton label="Hide this note" size="small" className="-my-1 -mr-[5px]" onClick={() => hideNote(note)}>
        <X />
      </IconButton>
    </div>
  )
}
