import { useState, type KeyboardEvent, type ReactNode } from 'react'
import { Confirm } from '../../components/primitives/Confirm.tsx'
import { useToday } from '../../lib/useToday.ts'
import { ConversationRow } from './ConversationRow.tsx'
import { groupByDay } from './groups.ts'
import { remove, useConversationList } from './store.ts'

/** Up and down arrows go through the conversations. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0 || !(event.target as Element).matches('[data-conversation-link]')) return
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-conversation-link]')]
  const next = links[links.indexOf(event.target as HTMLElement) + by]
  event.preventDefault()
  next?.focus()
}

/** All conversations, newest first, grouped by day. */
export function ConversationList({
  current,
  onOpen,
}: {
  current: string | null
  onOpen: (id: string | null) => void
}): ReactNode {
  const { status, order, byId } = useConversationList()
  const today = useToday()
  const [removing, setRemoving] = useState<{ id: string; title: string } | null>(null)
  const [asking, setAsking] = useState(false)
  if (status === 'loading') return null
  if (order.length === 0) return <p className="px-2 py-1 text-muted">Your conversations will be listed here.</p>
  return (
    <div onKeyDown={walk}>
      {groupByDay(order, (id) => byId[id]?.updatedAt ?? 0, today).map((group) => (
        <section key={group.label} aria-label={group.label} className="mb-3">
          <h2 className="px-2 pt-1 pb-1 text-small font-medium text-subtle">{group.label}</h2>
          <ul className="flex flex-col gap-0.5">
            {group.ids.map((id) => {
              const conversation = byId[id]
              return conversation ? (
                <ConversationRow
                  key={id}
                  conversation={conversation}
                  current={id === current}
                  onOpen={() => onOpen(id)}
                  onRemove={() => {
                    setRemoving(conversation)
                    setAsking(true)
                  }}
                />
              ) : null
            })}
          </ul>
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
