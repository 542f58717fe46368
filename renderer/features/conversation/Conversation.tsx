import { ArrowDown } from 'lucide-react'
import { useEffect, type ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { Button } from '../../components/primitives/Button.tsx'
import { MessageSlot } from './MessageSlot.tsx'
import { pathKeys } from '../../lib/conversation/state.ts'
import { useOpenConversation } from './store.ts'
import { useStickToBottom } from './useStickToBottom.ts'

/** So many messages at the end are shown in full at once: more than a window is high. */
const AT_ONCE = 8

/** The open conversation: its messages in a scrolling column that follows the answer while the reader is at the end. */
export function Conversation(): ReactNode {
  const id = useOpenConversation((state) => state.id)
  const status = useOpenConversation((state) => state.status)
  const order = useOpenConversation((state) => state.order)
  const keys = useOpenConversation(useShallow(pathKeys))
  const { frame, content, atEnd, jump } = useStickToBottom(id)
  const last = keys.at(-1)

  // A question or a retry of one's own is always brought into view.
  useEffect(() => jump(), [last, jump])

  return (
    <section aria-label="Conversation" aria-busy={status === 'loading'} className="@container relative min-h-0 flex-1">
      <div
        ref={frame}
        tabIndex={-1}
        className="h-full overflow-y-auto overscroll-contain outline-none"
        data-testid="conversation-scroll"
      >
        <div ref={content} className="mx-auto flex w-full max-w-[720px] flex-col gap-6 px-4 pt-6 pb-8 mid:px-6">
          {order.map((messageId, index) => (
            <MessageSlot key={keys[index]} id={messageId} frame={frame} initially={index >= order.length - AT_ONCE} />
          ))}
        </div>
      </div>
      {atEnd ? null : (
        <div className="pointer-events-none absolute inset-x-0 bottom-2 flex justify-center">
          <Button className="pointer-events-auto shadow-float" onClick={jump}>
            <ArrowDown aria-hidden />
            Jump to latest
          </Button>
        </div>
      )}
    </section>
  )
}
