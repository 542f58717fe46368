import { useEffect, useEffectEvent } from 'react'
import type { HostCommand } from '#contract'
import { followCommands } from '../lib/host.ts'
import { shortcutOf } from './shortcuts.ts'
import type { ShortcutAction } from './shortcuts.ts'

/** The actions that shortcuts, and the shell from outside of the window, can run anywhere in it. */
export interface Shortcuts extends Readonly<Record<ShortcutAction, () => void>> {
  readonly escape: () => void
  readonly openConversation: (id: string) => void
  readonly capture: () => void
  readonly openFiles: () => void
}

/** A dialog, menu or list that is open takes Escape for itself. */
const somethingIsOpen = (): boolean =>
  document.querySelector('[role=dialog], [role=alertdialog], [role=menu], [role=listbox]') !== null

/** The keys of `shortcuts`; Escape where nothing else takes it; what is chosen outside of the window. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.defaultPrevented || event.isComposing) return
    if (event.key === 'Escape') {
      if (!somethingIsOpen()) shortcuts.escape()
      return
    }
    const shortcut = shortcutOf(event)
    if (!shortcut || somethingIsOpen()) return
    event.preventDefault()
    shortcuts[shortcut.action]()
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
    // those that the app was started with
    onCommand({ type: 'openFiles' })
    void followCommands((command) => onCommand(command), stop.signal)
    return () => stop.abort()
  }, [])
}
