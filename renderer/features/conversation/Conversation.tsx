import type { Message } from '#contract'
import { ArrowDown } from 'lucide-react'
import { memo, useCallback, useEffect, useRef, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorBoundary } from '../../components/primitives/ErrorBoundary.tsx'
import { pairOf, pathKeys } from '../../lib/conversation/state.ts'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { isMac } from '../../lib/platform.ts'
import { printConversation, usePrinting, usePrintsWhole } from '../../lib/printing.ts'
import { rowPieces } from '../../lib/rows/rowHeights.ts'
import type { RowHeights } from '../../lib/rows/rowHeights.ts'
import { useRows } from '../../lib/rows/useRows.ts'
import { Answer, AnswerPair } from './Answer.tsx'
import { BranchMap } from './BranchMap.tsx'
import { ConversationNote } from './ConversationNote.tsx'
import { FindBar } from './FindBar.tsx'
import { Question } from './Question.tsx'
import { InputDialog } from './modelInput/InputDialog.tsx'
import { QuoteSelection } from './QuoteSelection.tsx'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { readingText } from '../../lib/conversation/readingText.ts'
import { useFound, useSought } from './found.ts'
import { loadMessages, loadWholePath, useOpenConversation } from './store.ts'
import { takeKeepsPlace } from './switching.ts'
import { usePlayRequest } from './video/seenVideo.ts'

/** So many messages at the end are drawn at once: more than a window is high. */
const AT_ONCE = 6
/** What a message that was never drawn is taken to need, in px: less than most do. */
const LEAST_PX = 96
/** The space below each message, in px, as its row has it. */
const GAP_PX = 24
/** So many messages beyond those that are drawn are loaded with them. */
const AHEAD = 10

/** The open conversation: its messages in a scrolling column that follows the answer while the reader is at the end. */
export function Conversation(): ReactNode {
  const id = useOpenConversation((state) => state.id)
  const status = useOpenConversation((state) => state.status)
  const order = useOpenConversation((state) => state.order)
  const keys = useOpenConversation(useShallow(pathKeys))
  const { frame, content, atEnd, jump, leave } = useStickToBottom(id)
  const rows = useRows(keys, frame, content, { estimate: LEAST_PX, atFirst: AT_ONCE, of: id })
  const { showEnd, measure, heights } = rows
  const isPrinting = usePrinting((state) => state.isPrinting)
  const range = isPrinting ? { from: 0, to: keys.length - 1 } : rows.range
  const [focused, setFocused] = useState<string | null>(null)
  const playing = usePlayRequest(({ request }) => request?.id.split('/')[0] ?? null)
  const sought = useSought()
  const last = keys.at(-1)
  const toEnd = useCallback(() => {
    showEnd()
    jump()
  }, [showEnd, jump])
  usePrintsWhole()
  usePrintKeys()

  // A question or a retry of one's own is always brought into view; another version of a message stays where it was.
  useEffect(() => (takeKeepsPlace() ? leave() : toEnd()), [last, toEnd, leave])
  useEffect(() => {
    const near = order.slice(Math.max(0, range.from - AHEAD), range.to + 1 + AHEAD)
    const far = playing !== null && order.includes(playing) ? [...sought, playing] : sought
    loadMessages([...near, ...far]).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }, [order, range.from, range.to, playing, sought])
  useFound(frame, leave)
  const kept = [focused, playing, ...sought.map((one) => keys[order.indexOf(one)] ?? null)].filter(
    (one) => one !== null,
  )

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
        className="relative min-h-0 flex-1 overflow-y-auto overscroll-contain outline-none"
        data-testid="conversation-scroll"
        onFocus={({ target }) => setFocused(target.closest<HTMLElement>('[data-row]')?.dataset['row'] ?? null)}
      >
        <div
          ref={content}
          role="list"
          aria-label="Messages"
          className="mx-auto flex w-full max-w-[720px] flex-col px-4 pt-6 pb-2 mid:px-6"
        >
          {rowPieces(keys, range, kept, heights).map((piece) =>
            piece.kind === 'space' ? (
              <div
                key={piece.key}
                aria-hidden
                className="shrink-0 [overflow-anchor:none]"
                style={{ height: piece.px }}
              />
            ) : (
              <div
                key={keys[piece.index]}
                ref={measure}
                role="listitem"
                aria-posinset={piece.index + 1}
                aria-setsize={keys.length}
                data-row={keys[piece.index]}
                className="flex shrink-0 flex-col"
                style={{ paddingBottom: GAP_PX }}
              >
                <MessageView id={order[piece.index]!} row={keys[piece.index]!} heights={heights} />
              </div>
            ),
          )}
        </div>
      </div>
      {atEnd ? null : (
        <div className="pointer-events-none absolute inset-x-0 bottom-2 flex justify-center">
          <Button className="pointer-events-auto shadow-float" onClick={toEnd}>
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

/** Control or Command P prints the whole conversation, also what is not loaded yet. */
function usePrintKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isCommand = isMac ? event.metaKey : event.ctrlKey
      if (!isCommand || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'p') return
      const { order, messages } = useOpenConversation.getState()
      if (order.every((id) => messages[id])) return
      event.preventDefault()
      loadWholePath().then(printConversation, (thrown: unknown) => announce(toAppError(thrown).message))
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

/** The words of a message without any form; of pictures and videos the names. */
function PlainMessage({ message }: { message: Message }): ReactNode {
  const isQuestion = message.role === 'user'
  const texts = documentParser(message)
    ? [readingText(message)]
    : message.parts.flatMap((part) => {
        if (part.type === 'reasoning') return []
        return part.type === 'text' ? part.text : part.type === 'frames' ? part.name : part.attachment.name
      })
  return (
    <article
      aria-label={isQuestion ? 'Question' : 'Answer'}
      data-message-id={message.id}
      data-said
      data-status={message.status}
      className={`text-read whitespace-pre-wrap [overflow-wrap:anywhere] ${isQuestion ? 'max-w-[min(560px,88%)] self-end' : ''}`}
    >
      {texts.join('\n')}
    </article>
  )
}

/**
 * One message of the path, with the answer beside it where there is one; only it renders again when it changes. Until it is
 * loaded, the height of its row stands for it.
 */
const MessageView = memo(function MessageView({
  id,
  row,
  heights,
}: {
  id: string
  row: string
  heights: RowHeights
}): ReactNode {
  const message = useOpenConversation((state) => state.messages[id])
  const pair = useOpenConversation(useShallow((state) => pairOf(state, id)))
  if (!message)
    return (
      <div
        aria-busy
        className="rounded-lg bg-sunken"
        style={{ height: heights.of(row) - GAP_PX }}
        data-testid="not-loaded"
      />
    )
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
