import { useState, useSyncExternalStore } from 'react'
import { recall, remember } from '../lib/platform.ts'

/** The narrowest, the usual and the widest sidebar in px. */
export const SIDEBAR = { min: 200, usual: 260, max: 400 } as const

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
