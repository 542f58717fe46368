import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from './IconButton.tsx'

/** Something that was chosen for the next question, and the button that takes it back. `children` name it. */
export function Chip({
  testId,
  removeLabel,
  onRemove,
  children,
}: {
  testId: string
  removeLabel: string
  onRemove: () => void
  children: ReactNode
}): ReactNode {
  return (
    <span className="flex h-8 max-w-60 min-w-0 items-center rounded-md bg-accent-soft text-small" data-testid={testId}>
      {children}
      <IconButton label={removeLabel} size="small" onClick={onRemove} className="mx-1">
        <X />
      </IconButton>
    </span>
  )
}
