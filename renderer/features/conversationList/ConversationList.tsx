import { t } from '@lingui/core/macro'
import { TRASH_DAYS } from '#contract'
import { memo, useEffect, useRef } from 'react'
import type { KeyboardEvent, MouseEvent, ReactNode, RefObject } from 'react'
import { cx } from '../../lib/cx.ts'
import { useNear } from '../../lib/near.ts'
import { useToday } from '../../lib/useToday.ts'
import { ConversationRow } from './ConversationRow.tsx'
import { FolderSection } from './FolderSection.tsx'
import { focusNext } from './doing.ts'
import type { Doing } from './doing.ts'
import { useDropOfConversations } from './dragging.ts'
import { useFolders } from './folders.ts'
import { endSelecting, groupsOf, select, selectTo, toggle, useShowing } from './shelves.ts'
import type { Shelf } from './shelves.ts'
import { walk } from './state.ts'
import type { Group } from './state.ts'
import { useConversationList } from './store.ts'

/** So many rows are shown or left out together. */
const BLOCK = 40
/** Height of a row and of the gap below it, in px, as `ConversationRow` and the list have them. */
const ROW_PX = 32
const GAP_PX = 2

interface RowsProps {
  readonly ids: readonly string[]
  readonly current: string | null
  readonly doing: Doing
  readonly onChoose: (id: string, event: MouseEvent) => void
}

/** Some rows of the list, or as much space as they take while they are far from what is seen of it. */
const RowBlock = memo(function RowBlock({
  ids,
  frame,
  first,
  ...row
}: RowsProps & { frame: RefObject<HTMLElement | null>; first: boolean }): ReactNode {
  const { ref, near } = useNear<HTMLUListElement>(frame, first)
  const height = ids.length * (ROW_PX + GAP_PX) - GAP_PX
  return (
    <ul ref={ref} className="flex flex-col gap-0.5" style={near ? undefined : { height }}>
      {near ? ids.map((id) => <Row key={id} id={id} {...row} />) : null}
    </ul>
  )
})

function Row({ id, current, doing, onChoose }: Omit<RowsProps, 'ids'> & { id: string }): ReactNode {
  const conversation = useConversationList(({ byId }) => byId[id])
  const isSelected = useShowing(({ isSelecting, selected }) => (isSelecting ? selected.has(id) : null))
  if (!conversation) return null
  return (
    <ConversationRow
      conversation={conversation}
      current={id === current}
      isSelected={isSelected}
      doing={doing}
      onChoose={onChoose}
    />
  )
}

const inBlocks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / BLOCK) }, (_, n) => ids.slice(n * BLOCK, (n + 1) * BLOCK))

/** What an empty shelf says. */
const empty: Readonly<Record<Shelf, string>> = {
  list: t`Your conversations will be listed here.`,
  archive: t`Nothing is archived. “Archive” in the menu of a conversation keeps it here, out of the list.`,
  trash: t`The trash is empty. What you delete stays here for ${TRASH_DAYS} days.`,
}

/**
 * The conversations of a shelf, newest first: pinned ones, then by day. A click opens one; with Ctrl, Command or Shift, and
 * while some are selected, it selects. Shift with the arrow keys selects too, Ctrl+A all, Escape ends that. `frame`: what
 * scrolls them; `ids`: those of the shelf, in the order of their groups.
 */
export function ConversationList({
  current,
  frame,
  shelf,
  ids,
  doing,
  onOpen,
}: {
  current: string | null
  frame: RefObject<HTMLElement | null>
  shelf: Shelf
  ids: readonly string[]
  doing: Doing
  onOpen: (id: string) => void
}): ReactNode {
  const { status, byId, order } = useConversationList()
  const today = useToday()
  const folders = useFolders((state) => state.folders)
  const list = useRef<HTMLDivElement>(null)
  useEffect(() => focusNext(ids, frame.current?.closest('nav') ?? frame.current), [ids, byId, frame])
  if (status === 'loading') return null
  const groups = groupsOf(ids, byId, shelf, today, folders)
  if (groups.length === 0)
    return (
      <p className="px-2 py-1 text-muted">
        {shelf === 'list' && order.length > 0
          ? t`The list is empty. What you archived or deleted is in the menu above.`
          : empty[shelf]}
      </p>
    )

  const onChoose = (id: string, event: MouseEvent): void => {
    if (event.shiftKey) selectTo(id, ids, current ?? id)
    else if (event.ctrlKey || event.metaKey || useShowing.getState().isSelecting) toggle(id)
    else onOpen(id)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>): void => {
    const from = (event.target as HTMLElement).closest<HTMLElement>('[data-conversation-link]')?.dataset[
      'conversationId'
    ]
    const isArrow = event.key === 'ArrowDown' || event.key === 'ArrowUp'
    walk(event)
    if (from === undefined) return
    const to = (document.activeElement as HTMLElement | null)?.dataset['conversationId']
    if (isArrow && event.shiftKey && to !== undefined) {
      selectTo(from, ids, from)
      selectTo(to, ids, from)
    } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault()
      select(ids)
    } else if (event.key === 'Escape' && useShowing.getState().isSelecting) {
      event.preventDefault()
      endSelecting()
    }
  }
  const rows = (group: Group, isFirst: boolean): ReactNode => (
    <div className="flex flex-col gap-0.5">
      {inBlocks(group.ids).map((block, n) => (
        <RowBlock
          key={n}
          ids={block}
          current={current}
          frame={frame}
          first={isFirst && n === 0}
          doing={doing}
          onChoose={onChoose}
        />
      ))}
    </div>
  )
  return (
    <div ref={list} onKeyDown={onKeyDown}>
      {groups.map((group, n) =>
        group.folder ? (
          <div key={group.folder.id} className={groups[n + 1]?.folder ? 'mb-0.5' : 'mb-3'}>
            <FolderSection folder={group.folder} doing={doing}>
              {rows(group, n === 0)}
            </FolderSection>
          </div>
        ) : (
          <DayGroup key={group.label} label={group.label} hasHeading={shelf !== 'trash'} doing={doing}>
            {rows(group, n === 0)}
          </DayGroup>
        ),
      )}
    </div>
  )
}

/** Conversations below a heading; what is dropped there leaves its folder. */
function DayGroup({
  label,
  hasHeading,
  doing,
  children,
}: {
  label: string
  hasHeading: boolean
  doing: Doing
  children: ReactNode
}): ReactNode {
  const { className, ...drop } = useDropOfConversations((ids) => doing.move(ids, null))
  return (
    <section aria-label={label} className={cx('mb-3', className)} {...drop}>
      {hasHeading ? <h2 className="px-2 pt-1 pb-1 text-small font-medium text-subtle">{label}</h2> : null}
      {children}
    </section>
  )
}
