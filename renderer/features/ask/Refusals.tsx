import { FileX, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import type { Refusal } from './draft.ts'

/** Files that were not taken: each with its name and the reason, until dismissed; a sound recording's cover is offered. */
export function Refusals({
  refusals,
  onDismiss,
  onUse,
}: {
  refusals: readonly Refusal[]
  onDismiss: (key: string) => void
  onUse: (cover: File) => void
}): ReactNode {
  if (refusals.length === 0) return null
  return (
    <ul aria-label="Files not added" className="mb-2 flex flex-col gap-1.5">
      {refusals.map((refusal) => (
        <li key={refusal.key}>
          <div role="alert" className="flex items-start gap-2.5 rounded-lg bg-danger-soft py-1.5 pr-1.5 pl-3">
            <FileX className="mt-1 size-4 shrink-0 text-danger" aria-hidden />
            <div className="flex min-w-0 flex-1 flex-wrap items-start gap-x-2.5 gap-y-1">
              <p className="min-w-0 flex-[1_1_14rem] py-1 [overflow-wrap:anywhere]">
                {refusal.message.includes(refusal.name) ? null : (
                  <span className="font-semibold">{refusal.name}: </span>
                )}
                {refusal.message}
              </p>
              {refusal.cover ? (
                <Button
                  onClick={() => {
                    onDismiss(refusal.key)
                    if (refusal.cover) onUse(refusal.cover)
                  }}
                >
                  Use its cover picture
                </Button>
              ) : null}
            </div>
            <IconButton
              label={`Dismiss the note about ${refusal.name}`}
              size="small"
              onClick={() => onDismiss(refusal.key)}
            >
              <X />
            </IconButton>
          </div>
        </li>
      ))}
    </ul>
  )
}
