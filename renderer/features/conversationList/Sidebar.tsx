import { t } from '@lingui/core/macro'
import { TRASH_DAYS } from '#contract'
import type { Conversation } from '#contract'
import { ArrowLeft, Cpu, Plus, Settings } from 'lucide-react'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { later } from '../../components/primitives/later.tsx'
import { counted } from '../../lib/format.ts'
import { isMac, shortcut } from '../../lib/platform.ts'
import { ConversationList } from './ConversationList.tsx'
import { ListMenu } from './ListMenu.tsx'
import { deleteForGood, useNote } from './actions.ts'
import { doingOn, focusListMenu, undo } from './doing.ts'
import type { ListQuestion } from './doing.ts'
import { useFolders } from './folders.ts'
import { SearchField } from './search/SearchField.tsx'
import type { OpenFound } from './search/SearchResults.tsx'
import { isSearching, useSearching } from './search/searching.ts'
import { endSelecting, idsOn, showShelf, useShowing } from './shelves.ts'
import type { Shelf } from './shelves.ts'
import { useConversationList } from './store.ts'

const SelectionBar = later(
  () => import('./SelectionBar.tsx').then(({ SelectionBar }) => SelectionBar),
  () => useShowing(({ isSelecting }) => isSelecting),
)
const SearchResults = later(() => import('./search/SearchResults.tsx').then(({ SearchResults }) => SearchResults))
const SidebarNote = later(
  () => import('./SidebarNote.tsx').then(({ SidebarNote }) => SidebarNote),
  () => useNote(({ note }) => note !== null),
)
const ListDialog = later(() => import('./ListDialog.tsx').then(({ ListDialog }) => ListDialog))
const Confirm = later(() => import('../../components/primitives/Dialog.tsx').then(({ Confirm }) => Confirm))

/**
 * The left side of the window: a new conversation, the search, every conversation, and the way to models and settings.
 */
export function Sidebar({
  current,
  modelName,
  search,
  collapse,
  onOpen,
  onLeave,
  onExport,
  onGallery,
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
  /** The open conversation goes to the trash. */
  onLeave: () => void
  onExport: (conversation: Conversation) => void
  onGallery: () => void
  onModels: () => void
  onSettings: () => void
  /** Work in the background, shown above the foot. */
  note?: ReactNode
}): ReactNode {
  const list = useRef<HTMLDivElement>(null)
  const searching = useSearching(isSearching)
  const shelf = useShowing((state) => state.shelf)
  const ids = useShownIds(shelf)
  /** What is to be deleted for good; it stays while the question closes. */
  const [asked, setAsked] = useState<readonly string[]>([])
  const [isAsking, setIsAsking] = useState(false)
  const [question, setQuestion] = useState<ListQuestion>({ kind: 'folder', ids: [] })
  const [isTyping, setIsTyping] = useState(false)
  const askFor = useCallback((wanted: ListQuestion): void => {
    setQuestion(wanted)
    setIsTyping(true)
  }, [])
  const doing = useMemo(
    () =>
      doingOn(
        ids,
        (gone) => void (current !== null && gone.includes(current) && onLeave()),
        (wanted) => {
          setAsked(wanted)
          setIsAsking(true)
        },
        onExport,
        askFor,
      ),
    [ids, current, onLeave, onExport, askFor],
  )
  useEffect(() => {
    if (searching) endSelecting()
  }, [searching])

  /** Ctrl+Z takes back what was done last, Escape leaves the archive and the trash. */
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.defaultPrevented || (event.target as Element).matches('input, textarea')) return
    if (!event.currentTarget.contains(event.target as Node)) return
    const isCommand = isMac ? event.metaKey : event.ctrlKey
    if (isCommand && !event.shiftKey && event.key.toLowerCase() === 'z') {
      event.preventDefault()
      undo()
    } else if (event.key === 'Escape' && useShowing.getState().isSelecting) {
      event.preventDefault()
      endSelecting()
    } else if (event.key === 'Escape' && shelf !== 'list') {
      event.preventDefault()
      backToList()
    }
  }
  return (
    <div className="flex h-full flex-col bg-sidebar" onKeyDown={onKeyDown}>
      <div className="flex h-12 shrink-0 items-center gap-1 px-2">
        {collapse}
        <span className="flex-1 truncate px-1 font-semibold select-none">Sightline</span>
        <ListMenu onGallery={onGallery} onNewFolder={() => askFor({ kind: 'folder', ids: [] })} />
      </div>
      <div className="flex flex-col gap-1 px-2 pb-3">
        <Button
          kind="quiet"
          className="w-full justify-start px-2 text-ink!"
          onClick={() => onOpen(null)}
          aria-keyshortcuts="Control+N Meta+N"
        >
          <Plus aria-hidden />
          <span className="flex-1 text-left">{t`New conversation`}</span>
          <kbd className="font-sans text-small text-subtle">{shortcut('N')}</kbd>
        </Button>
        <SearchField field={search} />
      </div>
      {searching || shelf === 'list' ? null : (
        <ShelfHeader shelf={shelf} isEmpty={ids.length === 0} onEmpty={() => doing.deleteForGood(ids)} />
      )}
      <div ref={list} className="min-h-0 flex-1 overflow-y-auto px-2 pb-2" data-testid="sidebar-list">
        {searching ? (
          <SearchResults current={current} onOpen={onOpen} />
        ) : (
          <ConversationList {...{ current, shelf, ids, doing }} frame={list} onOpen={onOpen} />
        )}
      </div>
      <SelectionBar ids={ids} doing={doing} />
      <SidebarNote />
      <Confirm
        open={isAsking}
        onOpenChange={setIsAsking}
        title={t`Delete ${counted(asked.length, 'conversation')} for good?`}
        description={t`Questions, answers and pictures that stand nowhere else are removed from this computer. This cannot be undone.`}
        action={t`Delete for good`}
        onConfirm={() => deleteForGood(asked)}
      />
      <ListDialog open={isTyping} question={question} onOpenChange={setIsTyping} />
      {note}
      <div className="flex shrink-0 items-center gap-1 border-t border-hairline p-2">
        <Button
          kind="quiet"
          className="min-w-0 flex-1 justify-start px-2"
          onClick={onModels}
          aria-label={t`Models. Current model: ${modelName}`}
        >
          <Cpu aria-hidden />
          <span className="truncate">{modelName}</span>
        </Button>
        <IconButton label={t`Settings`} onClick={onSettings}>
          <Settings />
        </IconButton>
      </div>
    </div>
  )
}

/** The conversations of a shelf in the order in which they are listed. */
function useShownIds(shelf: Shelf): readonly string[] {
  const { order, byId } = useConversationList()
  const { folders, folded } = useFolders()
  return useMemo(() => idsOn({ order, byId }, shelf, { folders, folded }), [order, byId, shelf, folders, folded])
}

function backToList(): void {
  showShelf('list')
  focusListMenu()
}

/** Which shelf is shown, and the way back. */
function ShelfHeader({
  shelf,
  isEmpty,
  onEmpty,
}: {
  shelf: Exclude<Shelf, 'list'>
  isEmpty: boolean
  onEmpty: () => void
}): ReactNode {
  const inTrash = shelf === 'trash'
  return (
    <div className="px-2 pb-2">
      <div className="flex items-center gap-1">
        <IconButton label={t`Back to the list`} onClick={backToList}>
          <ArrowLeft />
        </IconButton>
        <h2 className="min-w-0 flex-1 truncate font-medium">{inTrash ? t`Trash` : t`Archive`}</h2>
        {inTrash && !isEmpty ? (
          <Button kind="quiet" className="px-2" onClick={onEmpty}>
            {t`Empty the trash`}
          </Button>
        ) : null}
      </div>
      {inTrash && !isEmpty ? (
        <p className="px-2 pt-1 text-small text-muted">{t`Deleted for good after ${TRASH_DAYS} days.`}</p>
      ) : null}
    </div>
  )
}
