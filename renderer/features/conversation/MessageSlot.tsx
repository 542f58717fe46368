import { memo, type ReactNode, type RefObject } from 'react'
import type { Message } from '#contract'
import { useNear } from '../../lib/near.ts'
import { MessageView } from './MessageView.tsx'
import { useOpenConversation } from './store.ts'
import { usePlayRequest } from './video/playback.ts'

/** Height of a line and characters in it, about: what a message that was never laid out is taken to need. */
const LINE = { px: 24, characters: 80 } as const

/**
 * A message's place in the column. Far from what is seen it holds the words alone, which cost next to nothing, are not laid
 * out, and are still there for screen readers and for the browser's search; near it, and from then on, it is the message
 * itself. Pairs of answers and what is being written are never without their form.
 */
export const MessageSlot = memo(function MessageSlot({
  id,
  frame,
  initially,
}: {
  id: string
  frame: RefObject<HTMLElement | null>
  /** Whether it is shown in full at once. */
  initially: boolean
}): ReactNode {
  const plain = useOpenConversation((state) => {
    const message = state.messages[id]
    return message && message.status !== 'streaming' && state.others[id] === undefined ? message : null
  })
  const isAsked = usePlayRequest(({ request }) => request?.id.startsWith(`${id}/`) ?? false)
  const { ref, near } = useNear<HTMLDivElement>(frame, initially || plain === null || isAsked, true)
  return (
    <div ref={ref} className="flex flex-col">
      {near || isAsked || plain === null ? <MessageView id={id} /> : <Words message={plain} />}
    </div>
  )
})

/** The words of a message without any form; of pictures and videos the names. */
function Words({ message }: { message: Message }): ReactNode {
  const isQuestion = message.role === 'user'
  const texts = message.parts.map((part) =>
    part.type === 'text' ? part.text : part.type === 'frames' ? part.name : part.attachment.name,
  )
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => Math.ceil((line.length + 1) / LINE.characters))
  const height = lines.reduce((sum, count) => sum + count, 1) * LINE.px
  return (
    <article
      aria-label={isQuestion ? 'Question' : 'Answer'}
      data-message-id={message.id}
      data-status={message.status}
      className={`[content-visibility:auto] text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${isQuestion ? 'max-w-[min(560px,88%)] self-end' : ''}`}
      style={{ containIntrinsicSize: `auto ${isQuestion ? 560 : 672}px auto ${height}px` }}
    >
      {texts.join('\n')}
    </article>
  )
}
