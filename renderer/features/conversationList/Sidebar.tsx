import type { Conversation } from '#contract'
import { Cpu, Plus, Search, Settings, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { TextField } from '../../components/primitives/FormControls.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { shortcut } from '../../lib/platform.ts'
import { call } from '../../lib/rpc.ts'
import { ConversationList } from './ConversationList.tsx'
import { splitSnippet } from './state.ts'
import { useConversationList } from './store.ts'

/**
 * The left side of the window: a new conversation, the search, every conversation, and the way to models and settings.
 */
export function Sidebar({
  current,
  modelName,
  search,
  collapse,
  onOpen,
  onExport,
  onModels,
  onSettings,
  note,
}: {
  current: string | null
  modelName: string
  search: RefObject<HTMLInputElement | null>
  collapse: ReactNode
  onOpen: (conversationId: string | null) => void
  onExport: (conversation: Conversation) => void
  onModels: () => void
  onSettings: () => void
  /** Work in the background, shown above the foot. */
  note?: ReactNode
}): ReactNode {
  const [query, setQuery] = useState('')
  const list = useRef<HTMLDivElement>(null)
  const searching = query.trim() !== ''
  return (
    <div className="flex h-full flex-col bg-sidebar">
      <div className="flex h-12 shrink-0 items-center gap-1 px-2">
        {collapse}
        <span className="flex-1 truncate px-1 font-semibold select-none">Sightline</span>
      </div>
      <div className="flex flex-col gap-1 px-2 pb-3">
        <Button
          kind="quiet"
          className="w-full justify-start px-2 text-ink!"
          onClick={() => onOpen(null)}
          aria-keyshortcuts="Control+N Meta+N"
        >
          <Plus aria-hidden />
          <span className="flex-1 text-left">New conversation</span>
          <kbd className="font-sans text-small text-subtle">{shortcut('N')}</kbd>
        </Button>
        <SearchField field={search} query={query} onQuery={setQuery} />
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2" data-testid="sidebar-list">
        {searching ? (
          <SearchResults query={query.trim()} current={current} onOpen={onOpen} />
        ) : (
          <ConversationList current={current} frame={list} onOpen={onOpen} onExport={onExport} />
        )}
      </div>
      {note}
      <div className="flex shrink-0 items-center gap-1 border-t border-hairline p-2">
        <Button
          kind="quiet"
          className="min-w-0 flex-1 justify-start px-2"
          onClick={onModels}
          aria-label={`Models. Current model: ${modelName}`}
        >
          <Cpu aria-hidden />
          <span className="truncate">{modelName}</span>
        </Button>
        <IconButton label="Settings" onClick={onSettings}>
          <Settings />
        </IconButton>
      </div>
    </div>
  )
}

/** The search over all conversations. Escape empties it, the down arrow goes to the results. */
function SearchField({
  field,
  query,
  onQuery,
}: {
  field: RefObject<HTMLInputElement | null>
  query: string
  onQuery: (query: string) => void
}): ReactNode {
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === 'Escape') {
      event.preventDefault()
      if (query === '') event.currentTarget.blur()
      onQuery('')
    } else if (event.key === 'ArrowDown') {
      event.preventDefault()
      event.currentTarget.closest('nav')?.querySelector<HTMLElement>('[data-conversation-link]')?.focus()
    }
  }
  return (
    <div className="relative">
      <Search className="pointer-events-none absolute top-2 left-2 size-4 text-subtle" aria-hidden />
      <TextField
        ref={field}
        type="search"
        role="searchbox"
        aria-label="Search conversations"
        aria-keyshortcuts="Control+K Meta+K"
        placeholder={`Search  ${shortcut('K')}`}
        maxLength={200}
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={onKeyDown}
        className="h-8 pr-8 pl-8 [&::-webkit-search-cancel-button]:hidden"
      />
      {query === '' ? null : (
        <IconButton
          label="Clear the search"
          size="small"
          className="absolute top-1 right-1"
          onClick={() => onQuery('')}
        >
          <X />
        </IconButton>
      )}
    </div>
  )
}

/** Waiting time after a keystroke before searching, in ms. */
const TYPING_MS = 150

type Results = { query: string; found: { conversation: Conversation; snippet: string }[]; failure: string | null }

/** What a query finds, also after conversations are answered, renamed or removed, in whichever window. */
function useSearch(query: string): Results | null {
  const [results, setResults] = useState<Results | null>(null)
  const conversations = useConversationList(({ byId }) => byId)
  useEffect(() => {
    const stop = new AbortController()
    const timer = setTimeout(() => {
      call((core) => core.conversations.search({ query }, { signal: stop.signal })).then(
        (found) => stop.signal.aborted || setResults({ query, found, failure: null }),
        (thrown: unknown) =>
          stop.signal.aborted || setResults({ query, found: [], failure: toAppError(thrown).message }),
      )
    }, TYPING_MS)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [query, conversations])
  return results
}

/**
 * The results of the search, each with the words around the hit. The last results stay until the new ones are there.
 */
export function SearchResults({
  query,
  current,
  onOpen,
}: {
  query: string
  current: string | null
  onOpen: (id: string) => void
}): ReactNode {
  const results = useSearch(query)
  if (!results) return <p className="px-2 py-1 text-muted">Searching…</p>
  if (results.failure) return <p className="px-2 py-1 text-danger">{results.failure}</p>
  if (results.found.length === 0) {
    return (
      <p role="status" className="px-2 py-1 text-muted [overflow-wrap:anywhere]">
        No conversation mentions “{results.query}”.
      </p>
    )
  }
  return (
    <ul aria-label="Search results" className="flex flex-col gap-0.5">
      {results.found.map(({ conversation, snippet }) => (
        <li key={conversation.id}>
          <button
            type="button"
            data-conversation-link
            aria-current={conversation.id === current ? 'page' : undefined}
            onClick={() => onOpen(conversation.id)}
            className={cx(
              'flex w-full flex-col rounded-md px-2 py-1.5 text-left hover:bg-hover',
              conversation.id === current && 'bg-active',
            )}
          >
            <span className="w-full truncate">{conversation.title}</span>
            <span className="line-clamp-2 w-full text-small text-muted [overflow-wrap:anywhere]">
              {splitSnippet(snippet).map((piece, index) =>
                piece.hit ? <mark key={index}>{piece.text}</mark> : piece.text,
              )}
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
