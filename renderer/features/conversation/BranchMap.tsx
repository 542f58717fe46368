import type { MapEntry } from '#contract'
import { Bot, User } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { create } from 'zustand'
import { DialogFrame } from '../../components/primitives/Dialog.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { plainAnswer } from '../../lib/grounding/index.ts'
import { call } from '../../lib/rpc.ts'
import { keyTarget, treeLines } from './branchTree.ts'
import { bringIntoView } from './found.ts'
import { selectBranch, useOpenConversation } from './store.ts'

/** The message at which the map was opened; null: it is closed. */
const useMap = create<{ readonly from: string | null }>(() => ({ from: null }))

/** Shows the map of the open conversation, at a message. */
export const showMap = (from: string): void => useMap.setState({ from })
const close = (): void => useMap.setState({ from: null })

/** A conversation with all of its branches, to go to any of them. */
export function BranchMap(): ReactNode {
  const from = useMap((state) => state.from)
  const id = useOpenConversation((state) => state.id)
  return (
    <DialogFrame
      open={from !== null && id !== null}
      onOpenChange={(open) => !open && close()}
      title="Map of branches"
      description="Every version of this conversation. What is not shown now is in grey."
    >
      {from !== null && id !== null ? <Tree conversationId={id} from={from} /> : null}
    </DialogFrame>
  )
}

/** The words of a message on one line, without the signs of Markdown. */
const words = (text: string): string =>
  plainAnswer(text)
    .replace(/[*_`#>|]+|-{3,}:?/g, '')
    .replace(/\s+/g, ' ')
    .trim()

/** More than so many steps to the right no line goes. */
const DEEPEST = 12

function Tree({ conversationId, from }: { conversationId: string; from: string }): ReactNode {
  const [entries, setEntries] = useState<readonly MapEntry[] | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [active, setActive] = useState<string>(from)
  const tree = useRef<HTMLUListElement>(null)
  useEffect(() => {
    const stop = new AbortController()
    call((core) => core.conversations.map({ id: conversationId }, { signal: stop.signal })).then(
      setEntries,
      (thrown: unknown) => stop.signal.aborted || setError(toAppError(thrown).message),
    )
    return () => stop.abort()
  }, [conversationId])
  const lines = entries ? treeLines(entries) : []
  const focused = Math.max(
    0,
    lines.findIndex(({ entry }) => entry.id === active),
  )
  const isThere = entries !== null
  useEffect(() => {
    if (isThere) tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }, [isThere])
  const go = (id: string): void => {
    selectBranch(id).then(
      () => {
        close()
        // once the dialog has given the focus back
        requestAnimationFrame(() => bringIntoView(id))
      },
      (thrown: unknown) => setError(toAppError(thrown).message),
    )
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = keyTarget(lines, focused, event.key)
    const line = lines[to ?? focused]
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      if (line) go(line.entry.id)
    } else if (to !== null && line) {
      event.preventDefault()
      setActive(line.entry.id)
      tree.current?.querySelectorAll<HTMLElement>('[role=treeitem]')[to]?.focus()
    }
  }
  if (error) return <ErrorNote message={error} />
  if (!entries) return <p className="text-muted">Reading the conversation…</p>
  return (
    <ul ref={tree} role="tree" aria-label="Messages" onKeyDown={onKeyDown} className="-mx-2 flex flex-col">
      {lines.map(({ entry, depth, isBranch }, index) => {
        const { id, role, text, model, shown } = entry
        const Icon = role === 'user' ? User : Bot
        return (
          <li
            key={id}
            role="treeitem"
            aria-level={depth + 1}
            aria-selected={shown}
            aria-label={`${role === 'user' ? 'Question' : 'Answer'}${role === 'assistant' && model ? ` by ${model}` : ''}: ${words(text) || 'empty'}`}
            tabIndex={index === focused ? 0 : -1}
            onClick={() => go(id)}
            onFocus={() => setActive(id)}
            className={cx(
              'flex min-h-8 cursor-default items-center gap-2 rounded-md py-1 pr-2 hover:bg-hover',
              shown ? 'text-ink' : 'text-muted',
              shown && role === 'user' && 'font-medium',
            )}
            style={{ paddingInlineStart: `${0.5 + Math.min(depth, DEEPEST) * 1}rem` }}
          >
            <span
              aria-hidden
              className={cx('h-4 w-0.5 shrink-0 rounded-full', isBranch ? (shown ? 'bg-accent' : 'bg-control') : '')}
            />
            <Icon className={cx('size-3.5 shrink-0', shown ? 'text-accent' : 'text-subtle')} aria-hidden />
            <span className="min-w-0 flex-1 truncate" dir="auto">
              {words(text) || <span className="text-subtle">Empty</span>}
            </span>
          </li>
        )
      })}
    </ul>
  )
}
