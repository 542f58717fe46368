import type { Message } from '#contract'
import { ArrowDown } from 'lucide-react'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorBoundary } from '../../components/primitives/ErrorBoundary.tsx'
import { pairOf, pathKeys } from '../../lib/conversation/state.ts'
import { useNear } from '../../lib/near.ts'
import { usePrinting, usePrintsWhole } from '../../lib/printing.ts'
import { Answer, AnswerPair } from './Answer.tsx'
import { BranchMap } from './BranchMap.tsx'
import { ConversationNote } from './ConversationNote.tsx'
import { FindBar } from './FindBar.tsx'
import { Question } from './Question.tsx'
import { InputDialog } from './modelInput/InputDialog.tsx'
import { QuoteSelection } from './QuoteSelection.tsx'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { readingText } from '../../lib/conversation/readingText.ts'
import { useFinding } from '../../lib/finding.ts'
import { useFound } from './found.ts'
import { useOpenConversation } from './store.ts'
import { takeKeepsPlace } from './switching.ts'
import { usePlayRequest } from './video/seenVideo.ts'

/** So many messages at the end are shown in full at once: more than a window is high. */
const AT_ONCE = 8

/** The open conversation: its messages in a scrolling column that follows the answer while the reader is at the end. */
export function Conversation(): ReactNode {
  const id = useOpenConversation((state) => state.id)
  const status = useOpenConversation((state) => state.status)
  const order = useOpenConversation((state) => state.order)
  const keys = useOpenConversation(useShallow(pathKeys))
  const { frame, content, atEnd, jump, leave } = useStickToBottom(id)
  const last = keys.at(-1)
  usePrintsWhole()

  // A question or a retry of one's own is always brought into view; another version of a message stays where it was.
  useEffect(() => (takeKeepsPlace() ? leave() : jump()), [last, jump, leave])
  useFound(frame, leave)

  return (
    <section
      aria-label="Conversation"
      aria-busy={status === 'loading'}
      className="@container relative flex min-h-0 flex-1 flex-col"
    >
      <FindBar />
      <InputDialog />
      <div
        ref={frame}
        tabIndex={-1}
        className="min-h-0 flex-1 overflow-y-auto overscroll-contain outline-none"
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
      <ConversationNote />
      <QuoteSelection frame={frame} />
      <BranchMap />
    </section>
  )
}

/** Height of a line and characters in it, about: what a message that was never laid out is taken to need. */
const LINE = { px: 24, characters: 80 } as const

/**
 * A message's place in the column. Far from what is seen it holds the words alone, which cost next to nothing, are not laid
 * out, and are still there for screen readers and for the browser's search; near it, and from then on, it is the message
 * itself. Pairs of answers, what is being written and what is printed are never without their form.
 */
const MessageSlot = memo(function MessageSlot({
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
  const isToPlay = usePlayRequest(({ request }) => request?.id.startsWith(`${id}/`) ?? false)
  const isPrinting = usePrinting((state) => state.isPrinting)
  const isFound = useFinding(({ finding }) => finding?.messageId === id)
  const { ref, near } = useNear<HTMLDivElement>(frame, initially || plain === null || isToPlay || isFound, true)
  const isWhole = near || isToPlay || isFound || isPrinting || plain === null
  return (
    <div ref={ref} className="flex flex-col">
      {isWhole ? <MessageView id={id} /> : <PlainMessage message={plain} />}
    </div>
  )
})

/** The words of a message without any form; of pictures and videos the names. */
function PlainMessage({ message }: { message: Message }): ReactNode {
  const isQuestion = message.role === 'user'
  const texts = documentParser(message)
    ? [readingText(message)]
    : message.parts.flatMap((part) => {
        if (part.type === 'reasoning') return []
        return part.type === 'text' ? part.text : part.type === 'frames' ? part.name : part.attachment.name
      })
  const lines = texts.flatMap((text) => text.split('\n')).map((line) => Math.ceil((line.length + 1) / LINE.characters))
  const height = lines.reduce((sum, count) => sum + count, 1) * LINE.px
  return (
    <article
      aria-label={isQuestion ? 'Question' : 'Answer'}
      data-message-id={message.id}
      data-said
      data-status={message.status}
      className={`[content-visibility:auto] text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${isQuestion ? 'max-w-[min(560px,88%)] self-end' : ''}`}
      style={{ containIntrinsicSize: `auto ${isQuestion ? 560 : 672}px auto ${height}px` }}
    >
      {texts.join('\n')}
    </article>
  )
}

/** One message of the path, with the answer beside it where there is one; only it renders again when it changes. */
const MessageView = memo(function MessageView({ id }: { id: string }): ReactNode {
  const message = useOpenConversation((state) => state.messages[id])
  const pair = useOpenConversation(useShallow((state) => pairOf(state, id)))
  if (!message) return null
  const form = pair ? (
    <AnswerPair pair={pair} chosen={message} />
  ) : message.role === 'user' ? (
    <Question message={message} />
  ) : (
    <Answer message={message} />
  )
  return (
    <ErrorBoundary of={message} fallback={<NotDrawn ids={pair ?? [id]} />}>
      {form}
    </ErrorBoundary>
  )
})

/** The words of what cannot be drawn in its form. */
function NotDrawn({ ids }: { ids: readonly string[] }): ReactNode {
  const messages = useOpenConversation(useShallow((state) => ids.flatMap((id) => state.messages[id] ?? [])))
  return (
    <>
      {messages.map((message) => (
        <PlainMessage key={message.id} message={message} />
      ))}
      <p className="mt-2 text-small text-muted">This could not be shown in its form; these are its words.</p>
    </>
  )
}

/** Distance from the end, in px, that still counts as being there. */
const NEAR_PX = 48

/** A scrolling column that stays at its end while it grows, as long as the reader is there. */
interface StickToBottom {
  readonly frame: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  readonly atEnd: boolean
  jump(): void
  /** Lets go of the end, for a place that is shown instead. */
  leave(): void
}

/** @param key When it changes, the column starts at its end again. */
function useStickToBottom(key: unknown): StickToBottom {
  const frame = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [atEnd, setAtEnd] = useState(true)

  const jump = useCallback(() => {
    stuck.current = true
    setAtEnd(true)
    frame.current?.scrollTo({ top: frame.current.scrollHeight })
  }, [])
  const leave = useCallback(() => {
    stuck.current = false
  }, [])

  useEffect(() => {
    const scroller = frame.current
    const inner = content.current
    if (!scroller || !inner) return
    stuck.current = true
    let lastTop = 0
    const toEnd = (): void => {
      if (stuck.current) scroller.scrollTop = scroller.scrollHeight
    }
    const onScroll = (): void => {
      const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX
      // Growth alone also moves the end away; only a scroll upwards means that the reader left it.
      if (near) stuck.current = true
      else if (scroller.scrollTop < lastTop) stuck.current = false
      lastTop = scroller.scrollTop
      setAtEnd(stuck.current)
    }
    const observer = new ResizeObserver(toEnd)
    observer.observe(inner)
    observer.observe(scroller)
    scroller.addEventListener('scroll', onScroll, { passive: true })
    toEnd()
    return () => {
      observer.disconnect()
      scroller.removeEventListener('scroll', onScroll)
    }
  }, [key])

  return { frame, content, atEnd, jump, leave }
}
