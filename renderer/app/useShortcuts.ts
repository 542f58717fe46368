import { useEffect, useEffectEvent } from 'react'
import type { HostCommand } from '#contract'
import { followCommands } from '../lib/host.ts'
import { isMac } from '../lib/platform.ts'

/** The actions that shortcuts, and the shell from outside of the window, can run anywhere in it. */
export interface Shortcuts {
  readonly newConversation: () => void
  readonly search: () => void
  readonly toggleSidebar: () => void
  readonly escape: () => void
  readonly openConversation: (id: string) => void
  readonly capture: () => void
}

/** A dialog, menu or list that is open takes Escape for itself. */
const somethingIsOpen = (): boolean =>
  document.querySelector('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]') !== null

/** Ctrl or Command with N, K and B; Escape where nothing else takes it; what is chosen outside of the window. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    if (event.key === 'Escape') {
      if (!somethingIsOpen()) shortcuts.escape()
      return
    }
    const command = isMac ? event.metaKey : event.ctrlKey
    if (!command || event.altKey || event.shiftKey || somethingIsOpen()) return
    const actions: Record<string, () => void> = {
      n: shortcuts.newConversation,
      k: shortcuts.search,
      b: shortcuts.toggleSidebar,
    }
    const action = actions[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    action()
  })
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => onKey(event)
    window.addEventListener('keydown', listen)
    return () => window.removeEventListener('keydown', listen)
  }, [])

  const onCommand = useEffectEvent((command: HostCommand) => {
    if (command.type === 'openConversation') shortcuts.openConversation(command.conversationId)
    else shortcuts[command.type]()
  })
  useEffect(() => {
    const stop = new AbortController()
    void followCommands((command) => onCommand(command), stop.signal)
    return () => stop.abort()
  }, [])
}
