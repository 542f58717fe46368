import { t } from '@lingui/core/macro'
import { PanelLeft } from 'lucide-react'
import { useEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { ReactNode } from 'react'
import { IconButton } from '../components/primitives/Button.tsx'
import { ContextMeter, useOpenConversation } from '../features/conversation/index.ts'
import { useTitle } from '../features/conversationList/index.ts'
import { ModelChip } from '../features/engine/index.ts'
import { chooseModel, useOtherModels } from '../features/models/index.ts'
import { announce } from '../lib/announce.ts'
import { cx } from '../lib/cx.ts'
import { toAppError } from '../lib/errors.ts'
import { recall, remember, shortcut } from '../lib/platform.ts'

/** The narrowest, the usual and the widest sidebar in px. */
const SIDEBAR = { min: 200, usual: 260, max: 400 } as const

const wide = window.matchMedia('(min-width: 900px)')
const subscribe = (listener: () => void): (() => void) => {
  wide.addEventListener('change', listener)
  return () => wide.removeEventListener('change', listener)
}

/** The sidebar's place: beside the conversation, or over it (`overlay`) where the window is narrow. */
export interface SidebarState {
  readonly shown: boolean
  readonly overlay: boolean
  readonly width: number
  show(): void
  toggle(): void
  closeOverlay(): void
  resize(width: number): void
}

/** Whether the sidebar is shown and how wide it is; remembered for wide windows, closed at first in narrow ones. */
export function useSidebar(): SidebarState {
  const overlay = !useSyncExternalStore(subscribe, () => wide.matches)
  const [docked, setDocked] = useState(() => recall('sidebar') !== 'closed')
  const [over, setOver] = useState(false)
  const [width, setWidth] = useState(() => Number(recall('sidebarWidth')) || SIDEBAR.usual)
  const shown = overlay ? over : docked
  const set = (next: boolean): void => {
    if (overlay) return setOver(next)
    remember('sidebar', next ? 'open' : 'closed')
    setDocked(next)
  }
  return {
    shown,
    overlay,
    width,
    show: () => set(true),
    toggle: () => set(!shown),
    closeOverlay: () => setOver(false),
    resize: (next) => {
      const kept = Math.round(Math.min(SIDEBAR.max, Math.max(SIDEBAR.min, next)))
      remember('sidebarWidth', String(kept))
      setWidth(kept)
    },
  }
}

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
          aria-label={t`Conversations`}
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
      label={shown ? t`Hide the sidebar` : t`Show the sidebar`}
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
function ResizeHandle({ width, onResize }: { width: number; onResize: (width: number) => void }): ReactNode {
  const start = useRef<{ pointer: number; width: number } | null>(null)
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={t`Width of the sidebar`}
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

/** The line above the conversation: its title, the context it uses, and the model. */
export function Header({
  conversationId,
  toggle,
  onModels,
}: {
  conversationId: string | null
  toggle: ReactNode
  onModels: () => void
}): ReactNode {
  const listed = useTitle(conversationId)
  const read = useOpenConversation((state) => (state.id === conversationId ? state.conversation?.title : undefined))
  const others = useOtherModels()
  const title = conversationId === null ? t`New conversation` : (listed ?? read ?? '')

  const choose = (id: string): void => {
    chooseModel(id).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }

  useEffect(() => {
    document.title = conversationId === null || title === '' ? 'Sightline' : `${title} · Sightline`
  }, [conversationId, title])

  return (
    <header className="flex h-12 shrink-0 items-center gap-3 border-b border-hairline pr-2 pl-4 has-[>button:first-child]:pl-2">
      {toggle}
      <h1 className="min-w-0 flex-1 truncate font-medium" title={title}>
        {title}
      </h1>
      {conversationId === null ? null : <ContextMeter />}
      <ModelChip others={others} onSwitch={choose} onModels={onModels} />
    </header>
  )
}
