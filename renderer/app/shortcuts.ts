import { t } from '@lingui/core/macro'
import { isMac, shortcut } from '../lib/platform.ts'

/** What the window does by its keys, wherever the focus is. */
export type ShortcutAction = 'newConversation' | 'palette' | 'search' | 'toggleSidebar' | 'settings' | 'shortcuts'

/** Keys of the window, by what they do. `bare`: without Control or Command, and not while something is typed. */
export interface Shortcut {
  readonly action: ShortcutAction
  /** As `KeyboardEvent.key` tells it, in lower case. */
  readonly key: string
  readonly shift?: true
  readonly bare?: true
  readonly label: string
}

/** Everything that is bound in the window as a whole; `useShortcuts` listens to these and to no others but Escape. */
export const shortcuts: readonly Shortcut[] = [
  { action: 'palette', key: 'k', label: t`Commands, presets, models, conversations` },
  { action: 'newConversation', key: 'n', label: t`New conversation` },
  { action: 'search', key: 'f', shift: true, label: t`Search in conversations` },
  { action: 'toggleSidebar', key: 'b', label: t`Show or hide the sidebar` },
  { action: 'settings', key: ',', label: t`Settings` },
  { action: 'shortcuts', key: '?', bare: true, label: t`These shortcuts` },
]

/** How this platform writes the keys of a shortcut. */
export function keysOf({ key, shift, bare }: Pick<Shortcut, 'key' | 'shift' | 'bare'>): string {
  if (bare) return key
  const upper = key.toUpperCase()
  return shift ? (isMac ? `⇧⌘${upper}` : `Ctrl Shift ${upper}`) : shortcut(upper)
}

/** The keys of an action. */
export const keysFor = (action: ShortcutAction): string => keysOf(shortcuts.find((one) => one.action === action)!)

/** The shortcut that a key press is; null: none. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.altKey) return null
  const command = isMac ? event.metaKey : event.ctrlKey
  const key = event.key.toLowerCase()
  const found = shortcuts.find((one) => one.key === key && (one.bare ? !event.metaKey && !event.ctrlKey : command))
  if (!found || (!found.bare && event.shiftKey !== (found.shift ?? false))) return null
  return found.bare && isTyping(event.target) ? null : found
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('input, textarea, select'))
