import type { ReactNode } from 'react'
import { cx } from '../lib/cx.ts'
import { ResizeHandle } from './ResizeHandle.tsx'
import type { SidebarState } from './useSidebar.ts'

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
