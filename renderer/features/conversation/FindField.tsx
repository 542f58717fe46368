import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { endFinding, findIn, stepFound, useFinding } from '../../lib/finding.ts'

/** What the field is called. */
export const FIND = 'Find in this conversation'

/** How long after a key the conversation is searched, in ms. */
const AFTER_MS = 120

/**
 * What is typed is looked for in the whole conversation, also where it is not loaded. Enter goes to the hit before, as the last one is shown
 * first, with Shift to the next; Escape closes it.
 */
export function FindField({ conversationId, onClose }: { conversationId: string; onClose: () => void }): ReactNode {
  const field = useRef<HTMLInputElement>(null)
  const asking = useRef<AbortController | null>(null)
  const [isVain, setIsVain] = useState(false)
  useEffect(() => {
    field.current?.select()
    return () => asking.current?.abort()
  }, [])
  const look = (query: string): void => {
    asking.current?.abort()
    setIsVain(false)
    if (query.trim() === '') return endFinding()
    const abort = new AbortController()
    asking.current = abort
    const timer = setTimeout(() => {
      findIn(conversationId, query, abort.signal).then(
        (isThere) => abort.signal.aborted || setIsVain(!isThere),
        (thrown: unknown) => abort.signal.aborted || announce(toAppError(thrown).message),
      )
    }, AFTER_MS)
    abort.signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    // while an input method composes, these keys belong to it
    if (event.nativeEvent.isComposing || event.keyCode === 229) return
    if (event.key === 'Enter') stepFound(event.shiftKey ? 1 : -1)
    else if (event.key === 'Escape') onClose()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <>
      <input
        ref={field}
        autoFocus
        aria-label={FIND}
        placeholder={FIND}
        maxLength={200}
        defaultValue={useFinding.getState().finding?.query ?? ''}
        onChange={(event) => look(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-7 min-w-0 flex-1 rounded-md bg-transparent px-1.5 text-ink placeholder:text-subtle"
      />
      {isVain ? (
        <span role="status" className="px-1 text-small whitespace-nowrap">
          Not found
        </span>
      ) : null}
    </>
  )
}
