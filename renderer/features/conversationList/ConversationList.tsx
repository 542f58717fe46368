import type { Conversation } from '#contract'
import { useState } from 'react'
import type { KeyboardEvent, ReactNode, RefObject } from 'react'
import { Confirm } from '../../components/primitives/Dialog.tsx'
import { useNear } from '../../lib/near.ts'
import { useToday } from '../../lib/useToday.ts'
import { ConversationRow } from './ConversationRow.tsx'
import { groupByDay } from './state.ts'
import { remove, useConversationList } from './store.ts'

/** So many rows are shown or left out together. */
const BLOCK = 40
/** Height of a row and of the gap below it, in px, as `ConversationRow` and the list have them. */
const ROW_PX = 32
const GAP_PX = 2

/** Up and down arrows go through the conversations. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0 || !(event.target as Element).matches('[data-conversation-link]')) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-conversation-link]')]
  const next = links[links.indexOf(event.target as HTMLElement) + by]
  event.preventDefault()
  next?.focus()
}

interface RowsProps {
  readonly conversations: readonly Conversation[]
  readonly current: string | null
  readonly onOpen: (id: string) => void
  readonly onExport: (conversation: Conversation) => void
  readonly onRemove: (conversation: Conversation) => void
}

/** Some rows of the list, or as much space as they take while they are far from what is seen of it. */
function RowBlock({
  conversations,
  current,
  frame,
  first,
  onOpen,
  onExport,
  onRemove,
}: RowsProps & { frame: RefObject<HTMLElement | null>; first: boolean }): ReactNode {
  const { ref, near } = useNear<HTMLUListElement>(frame, first, false)
  const height = conversations.length * (ROW_PX + GAP_PX) - GAP_PX
  return (
    <ul ref={ref} className="flex flex-col gap-0.5" style={near ? undefined : { height }}>
      {near
        ? conversations.map((conversation) => (
            <ConversationRow
              key={conversation.id}
              conversation={conversation}
              current={conversation.id === current}
              onOpen={() => onOpen(conversation.id)}
              onExport={() => onExport(conversation)}
              onRemove={() => onRemove(conversation)}
            />
          ))
        : null}
    </ul>
  )
}

const inBlocks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / BLOCK) }, (_, n) => ids.slice(n * BLOCK, (n + 1) * BLOCK))

/** All conversations, newest first, grouped by day. `frame`: what scrolls them. */
export function ConversationList({
  current,
  frame,
  onOpen,
  onExport,
}: {
  current: string | null
  frame: RefObject<HTMLElement | null>
  onOpen: (id: string | null) => void
  onExport: (conversation: Conversation) => void
}): ReactNode {
  const { status, order, byId } = useConversationList()
  const today = useToday()
  const [removing, setRemoving] = useState<{ id: string; title: string } | null>(null)
  const [asking, setAsking] = useState(false)
  if (status === 'loading') return null
  if (order.length === 0) return <p className="px-2 py-1 text-muted">Your conversations will be listed here.</p>
  const groups = groupByDay(order, (id) => byId[id]?.updatedAt ?? 0, today)
  return (
    <div onKeyDown={walk}>
      {groups.map((group) => (
        <section key={group.label} aria-label={group.label} className="mb-3">
          <h2 className="px-2 pt-1 pb-1 text-small font-medium text-subtle">{group.label}</h2>
          <div className="flex flex-col gap-0.5">
            {inBlocks(group.ids).map((ids, block) => (
              <RowBlock
                key={block}
                conversations={ids.flatMap((id) => byId[id] ?? [])}
                current={current}
                frame={frame}
                first={group === groups[0] && block === 0}
                onOpen={onOpen}
                onExport={onExport}
                onRemove={(conversation) => {
                  setRemoving(conversation)
                  setAsking(true)
                }}
              />
            ))}
          </div>
        </section>
      ))}
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Delete “${removing?.title ?? ''}”?`}
        description="Its questions, answers and pictures are removed from this computer. This cannot be undone."
        action="Delete"
        onConfirm={async () => {
          if (!removing) return
          await remove(removing.id)
          if (removing.id === current) onOpen(null)
        }}
      />
    </div>
  )
}
