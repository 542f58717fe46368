import { type ReactNode, useRef } from 'react'
import { cx } from '../lib/cx.ts'
import { type SidebarState, SIDEBAR } from './useSidebar.ts'
import { PanelLeft } from 'lucide-react'
import { IconButton } from '../components/primitives/IconButton.tsx'
import { shortcut } from '../lib/platform.ts'

/** The two columns of the window; in a narrow one the sidebar lies over the conversation. */
export function Frame({
  sidebar,
  nav,
  children,
}: {
  sidebar: SidebarState
  nav: ReactNode
  children: ReactNode
}): ReactNode {
  const { shown, overlay, width } = sidebar
  return (
    <div className="flex h-full">
      {shown && overlay ? (
        <div className="fixed inset-0 z-10 bg-backdrop" onClick={sidebar.closeOverlay} data-testid="sidebar-backdrop" />
      ) : null}
      {shown ? (
        <nav
          aria-label="Conversations"
          className={cx(
            'shrink-0 border-r border-hairline',
            overlay ? 'fixed inset-y-0 left-0 z-20 max-w-[85vw] shadow-float' : 'relative',
          )}
          style={{ width: overlay ? 300 : width }}
        >
          {nav}
          {overlay ? null : <ResizeHandle width={width} onResize={sidebar.resize} />}
        </nav>
      ) : null}
      <main className="flex min-w-0 flex-1 flex-col" inert={shown && overlay}>
        {children}
      </main>
    </div>
  )
}

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

const STEP_PX = 16

/** The sidebar's edge: drag it or use the arrow keys; a double click goes back to the usual width. */
export function ResizeHandle({ width, onResize }: { width: number; onResize: (width: number) => void }): ReactNode {
  const start = useRef<{ pointer: number; width: number } | null>(null)
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label="Width of the sidebar"
      aria-valuenow={width}
      aria-valuemin={SIDEBAR.min}
      aria-valuemax={SIDEBAR.max}
      tabIndex={0}
      className="absolute inset-y-0 -right-1 w-2 cursor-col-resize touch-none hover:bg-active/60"
      onDoubleClick={() => onResize(SIDEBAR.usual)}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        start.current = { pointer: event.clientX, width }
      }}
      onPointerMove={(event) => {
        if (start.current) onResize(start.current.width + event.clientX - start.current.pointer)
      }}
      onPointerUp={() => {
        start.current = null
      }}
      onKeyDown={(event) => {
        if (event.key === 'ArrowLeft') onResize(width - STEP_PX)
        if (event.key === 'ArrowRight') onResize(width + STEP_PX)
      }}
    />
  )
}
