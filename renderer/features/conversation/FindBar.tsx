import { ChevronDown, ChevronUp, Search, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/primitives/Button.tsx'
import { count } from '../../lib/format.ts'
import { endFinding, placeOf, stepFound } from '../../lib/finding.ts'
import { isMac } from '../../lib/platform.ts'
import { questionField } from '../../lib/questionField.ts'
import { FIND, FindField } from './FindField.tsx'
import { useFindingHere } from './found.ts'
import { useOpenConversation } from './store.ts'

/**
 * Above a conversation in which something is searched for, or that a search was followed into: which of its hits is shown, and the way to
 * the others. Control or Command F opens it, F3 goes on.
 */
export function FindBar(): ReactNode {
  const finding = useFindingHere()
  const isOpen = finding !== null
  const id = useOpenConversation((state) => (state.status === 'ready' ? state.id : null))
  /** The conversation for which the field is open. */
  const [typedIn, setTypedIn] = useState<string | null>(null)
  const isTyped = typedIn !== null && typedIn === id
  // who comes back later did not ask for it again
  if (typedIn !== null && id !== null && typedIn !== id) setTypedIn(null)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isCommand = isMac ? event.metaKey : event.ctrlKey
      if (id === null || !isCommand || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'f') return
      if ((event.target as Element | null)?.closest('[role=dialog]')) return
      event.preventDefault()
      setTypedIn(id)
      document.querySelector<HTMLInputElement>(`input[aria-label="${FIND}"]`)?.select()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [id])
  useEffect(() => {
    if (!isOpen) return
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'F3' || event.ctrlKey || event.metaKey || event.altKey) return
      event.preventDefault()
      stepFound(event.shiftKey ? -1 : 1)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [isOpen])
  if (!finding && !isTyped) return null
  const close = (): void => {
    setTypedIn(null)
    endFinding()
    questionField()?.focus()
  }
  const place = finding && placeOf(finding)
  const isOne = !place || place.of < 2
  return (
    <div
      role="group"
      aria-label="Search hits in this conversation"
      className="flex h-9 shrink-0 items-center gap-1 border-b border-hairline pr-2 pl-4 text-muted"
    >
      <Search className="size-3.5 shrink-0 text-subtle" aria-hidden />
      {isTyped ? (
        <FindField conversationId={typedIn} onClose={close} />
      ) : (
        <span className="min-w-0 flex-1 truncate pl-1">“{finding?.query}”</span>
      )}
      <span className="px-1 text-small whitespace-nowrap tabular-nums" data-testid="hit-place">
        {place ? `${count(place.place)} of ${count(place.of)}` : ''}
      </span>
      <IconButton label="Previous hit" hint="Shift F3" size="small" disabled={isOne} onClick={() => stepFound(-1)}>
        <ChevronUp />
      </IconButton>
      <IconButton label="Next hit" hint="F3" size="small" disabled={isOne} onClick={() => stepFound(1)}>
        <ChevronDown />
      </IconButton>
      <IconButton
        label={isTyped ? 'Close the search' : 'Unmark the hits'}
        size="small"
        onClick={isTyped ? close : endFinding}
      >
        <X />
      </IconButton>
    </div>
  )
}
