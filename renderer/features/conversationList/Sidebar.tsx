import { Cpu, Plus, Settings } from 'lucide-react'
import { useRef } from 'react'
import type { ReactNode, RefObject } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { shortcut } from '../../lib/platform.ts'
import { ConversationList } from './ConversationList.tsx'
import { SearchField } from './search/SearchField.tsx'
import { SearchResults } from './search/SearchResults.tsx'
import type { OpenFound } from './search/SearchResults.tsx'
import { isSearching, useSearching } from './search/searching.ts'

/**
 * The left side of the window: a new conversation, the search, every conversation, and the way to models and settings.
 */
export function Sidebar({
  current,
  modelName,
  search,
  collapse,
  onOpen,
  onModels,
  onSettings,
  note,
}: {
  current: string | null
  modelName: string
  search: RefObject<HTMLInputElement | null>
  collapse: ReactNode
  /** `found`: the message that a search leads to, and what was searched for. */
  onOpen: OpenFound
  onModels: () => void
  onSettings: () => void
  /** Work in the background, shown above the foot. */
  note?: ReactNode
}): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const searching = useSearching(isSearching)
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
        <SearchField field={search} />
      </div>
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2" data-testid="sidebar-list">
        {searching ? (
          <SearchResults current={current} onOpen={onOpen} />
        ) : (
          <ConversationList current={current} frame={list} onOpen={onOpen} />
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
