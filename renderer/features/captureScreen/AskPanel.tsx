import { ArrowUp, Copy, SquareArrowOutUpRight, Square, X } from 'lucide-react'
import { useCallback, useEffect, useEffectEvent, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import type { ErrorInfo, Progress } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { Markdown } from '../../components/answers/Markdown.tsx'
import { announce } from '../../lib/announce.ts'
import { toAppError } from '../../lib/errors.ts'
import { count } from '../../lib/format.ts'
import { linkAnswer } from '../../lib/grounding/index.ts'
import { call } from '../../lib/rpc.ts'
import { createAsking, readyQuestions, usePanelAnswer, type PanelQuestion } from './asking.ts'

/**
 * Asks about a captured picture and shows the answer as it comes. Nothing is stored before the first question; from
 * then on
 * it is a conversation like any other. `progressText`: what the engine is doing, in words.
 */
export function AskPanel({
  png,
  size,
  isWindow,
  progressText,
  onOpen,
  onClose,
}: {
  png: Blob
  /** In pixels. */
  size: { width: number; height: number }
  /** It fills a window of its own, which is moved by its header. */
  isWindow: boolean
  progressText: (progress: Progress | undefined) => string
  onOpen: (conversationId: string) => void
  onClose: () => void
}): ReactNode {
  const [asking, setAsking] = useState(() => createAsking(png))
  const [text, setText] = useState('')
  const [asked, setAsked] = useState<(PanelQuestion & { question: string }) | null>(null)
  const [sending, setSending] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const answer = usePanelAnswer(asked)
  const current = answer.isGone ? null : asked
  const streaming = current !== null && (answer.message === null || answer.message.status === 'streaming')
  const failure = error ?? answer.message?.error ?? null

  const preview = useCallback(
    (image: HTMLImageElement) => {
      image.src = URL.createObjectURL(png)
      return () => URL.revokeObjectURL(image.src)
    },
    [png],
  )
  useEffect(() => field.current?.focus(), [])

  const ask = async (question: string): Promise<void> => {
    if (sending || streaming || question.trim() === '') return
    setSending(true)
    setError(null)
    // a conversation that was removed is not gone on with: the picture begins another
    const send = answer.isGone ? createAsking(png) : asking
    if (send !== asking) setAsking(() => send)
    try {
      setAsked({ ...(await send(question.trim())), question: question.trim() })
      setText('')
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
    }
    setSending(false)
  }
  const copy = (): void => {
    navigator.clipboard.writeText(answer.text).then(onClose, () => announce('Copying is not allowed here'))
  }
  const stop = (): void => {
    if (current) call((core) => core.ask.stop({ messageId: current.answerId })).catch(() => {})
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    void ask(text)
  }
  const onEscape = useEffectEvent((event: globalThis.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.isComposing) return
    event.preventDefault()
    event.stopPropagation()
    onClose()
  })
  useEffect(() => {
    const listen = (event: globalThis.KeyboardEvent): void => onEscape(event)
    window.addEventListener('keydown', listen, { capture: true })
    return () => window.removeEventListener('keydown', listen, { capture: true })
  }, [])

  return (
    <section
      role="dialog"
      aria-label="Ask about this"
      className="flex flex-col gap-2.5 p-3 text-ui text-ink"
      data-testid="ask-panel"
    >
      <header className={isWindow ? 'flex items-center gap-3 [-webkit-app-region:drag]' : 'flex items-center gap-3'}>
        <span className="flex h-14 w-20 shrink-0 items-center justify-center overflow-hidden rounded-md border border-hairline bg-mat">
          <img ref={preview} alt="The chosen part of the screen" className="max-h-full max-w-full object-contain" />
        </span>
        <div className="min-w-0 flex-1">
          <p className="truncate font-semibold">{current ? current.question : 'Ask about this'}</p>
          <p className="text-small text-muted tabular-nums">
            {count(size.width)} × {count(size.height)} pixels
          </p>
        </div>
        <IconButton
          label="Close"
          hint="Esc"
          size="small"
          onClick={onClose}
          className="self-start [-webkit-app-region:no-drag]"
        >
          <X />
        </IconButton>
      </header>
      {answer.isGone ? (
        <p role="status" className="text-muted">
          This conversation was removed. Ask again to begin another.
        </p>
      ) : null}
      {current ? (
        <div aria-busy={streaming} className="flex flex-col gap-2">
          {answer.text === '' && streaming ? (
            <p role="status" className="flex h-6 items-center gap-2.5 text-muted tabular-nums">
              <span className="relative block h-0.5 w-8 overflow-hidden rounded-full">
                <span className="work-edge" />
              </span>
              {progressText(answer.progress)}
            </p>
          ) : (
            <div className="max-h-72 overflow-y-auto" data-testid="panel-answer" onCopy={() => setTimeout(onClose)}>
              <Markdown
                text={linkAnswer(answer.text, [], [], streaming)}
                partial={answer.message?.status !== 'complete'}
                streaming={streaming}
              />
            </div>
          )}
        </div>
      ) : (
        <div className="flex flex-wrap gap-1.5" role="group" aria-label="Ready questions">
          {readyQuestions(navigator.language).map(({ label, question }) => (
            <Button key={label} disabled={sending} onClick={() => void ask(question)}>
              {label}
            </Button>
          ))}
        </div>
      )}
      {failure ? <ErrorNote message={failure.message} /> : null}
      <div className="flex items-end gap-1 rounded-md border border-control bg-raised p-1 focus-within:border-accent">
        <textarea
          ref={field}
          rows={1}
          dir="auto"
          aria-label="Question about the picture"
          placeholder={current ? 'Ask more' : 'Ask something'}
          value={text}
          readOnly={sending}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={onKeyDown}
          className="field-sizing-content max-h-24 min-w-0 flex-1 resize-none bg-transparent px-2 py-1.5 outline-none placeholder:text-subtle"
        />
        {streaming ? (
          <IconButton label="Stop" onClick={stop}>
            <Square fill="currentColor" strokeWidth={0} className="size-3!" />
          </IconButton>
        ) : (
          <IconButton label="Ask" hint="Enter" disabled={text.trim() === '' || sending} onClick={() => void ask(text)}>
            <ArrowUp />
          </IconButton>
        )}
      </div>
      {current ? (
        <div className="flex items-center justify-between gap-2">
          <Button disabled={answer.text === ''} onClick={copy}>
            <Copy aria-hidden />
            Copy
          </Button>
          <Button kind="primary" onClick={() => onOpen(current.conversationId)}>
            <SquareArrowOutUpRight aria-hidden />
            Open in Sightline
          </Button>
        </div>
      ) : null}
    </section>
  )
}
