import { PanelLeft } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../components/primitives/IconButton.tsx'
import { shortcut } from '../lib/platform.ts'

/** Shows and hides the sidebar. */
export function SidebarToggle({ shown, onToggle }: { shown: boolean; onToggle: () => void }): ReactNode {
  return (
    <IconButton
      label={shown ? 'Hide the sidebar' : 'Show the sidebar'}
      hint={shortcut('B')}
      aria-expanded={shown}
      onClick={onToggle}
    >
      <PanelLeft />
    </IconButton>
  )
}
