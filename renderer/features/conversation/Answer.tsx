import { type ReactNode, useEffect, useRef, useState } from 'react'
import type { Message, ErrorInfo, Remedy } from '#contract'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { RereadingNote } from '../../components/video/RereadingNote.tsx'
import type { Rereading } from '../../lib/video/index.ts'
import { AnswerActions } from './AnswerActions.tsx'
import { count } from '../../lib/format.ts'
import { GroundedText } from './GroundedText.tsx'
import { progressText } from './progress.ts'
import { textOf } from '../../lib/conversation/state.ts'
import { useOpenConversation, retry } from './store.ts'
import { Button } from '../../components/primitives/Button.tsx'
import { canRetry, toAppError } from '../../lib/errors.ts'
import { remediesFor, remedyWords } from './remedies.ts'

/** An answer: what the engine is doing, then the text as it comes, then how it ended and what can be done with it. */
export function Answer({ message }: { message: Message }): ReactNode {
  const streaming = message.status === 'streaming'
  const again = useAgain(message.id)
  return (
    <article
      aria-label="Answer"
      aria-busy={streaming}
      data-message-id={message.id}
      data-status={message.status}
      className="group/answer flex flex-col gap-2"
    >
      <LeftOut message={message} />
      <AnswerText message={message} />
      <AnswerEnd message={message} again={again} />
      {again.reading ? <RereadingNote reading={again.reading} onCancel={again.cancel} /> : null}
      {again.refusal ? <ErrorNote message={again.refusal} /> : null}
      {streaming ? null : <AnswerActions message={message} onRegenerate={() => again.ask()} />}
    </article>
  )
}

/** Says that an answer did not get to see the oldest messages; nothing when it did. */
export function LeftOut({ message }: { message: Message }): ReactNode {
  if (message.leftOut === 0) return null
  return (
    <p className="text-small text-muted">
      The {count(message.leftOut)} oldest messages are left out of this question, to fit the context.
    </p>
  )
}

/**
 * The engine's progress, then the text as it comes. This is the only part of the window that renders for each token.
 */
export function AnswerText({ message }: { message: Message }): ReactNode {
  const draft = useOpenConversation((state) => state.drafts[message.id])
  const progress = useOpenConversation((state) => state.progress[message.id])
  const streaming = message.status === 'streaming'
  const text = draft ?? textOf(message)
  if (text === '' && streaming) {
    return (
      <p
        role="status"
        aria-live="off"
        data-testid="progress"
        className="flex h-6 items-center gap-2.5 text-read text-muted tabular-nums"
      >
        <span className="relative block h-0.5 w-8 overflow-hidden rounded-full">
          <span className="work-edge" />
        </span>
        {progressText(progress)}
      </p>
    )
  }
  if (text === '')
    return message.status === 'complete' ? (
      <p className="text-read text-muted">The model gave an empty answer.</p>
    ) : null
  return <GroundedText message={message} text={text} />
}

/** The note and the error under an answer that was stopped or failed; null under one that is complete. */
function ending(message: Message): { note: string; error: ErrorInfo | null } | null {
  const kept = textOf(message) === '' ? '' : ' What was written so far is kept.'
  if (message.status === 'stopped') return { note: 'Stopped', error: null }
  if (message.status === 'interrupted') {
    return {
      note: '',
      error: message.error ?? {
        code: 'Interrupted',
        message: `Sightline was closed before this answer was finished.${kept}`,
      },
    }
  }
  if (message.status !== 'failed') return null
  return { note: '', error: message.error ?? { code: 'EngineFailed', message: `This answer failed.${kept}` } }
}

/**
 * Says how an answer ended that is not complete, and offers what can be done. Remedies change the first model of a
 * pair.
 */
export function AnswerEnd({ message, again }: { message: Message; again: Again }): ReactNode {
  const isFirst = useOpenConversation((state) => message.parentId === state.order[0])
  const end = ending(message)
  if (!end) return null
  if (!end.error) return <p className="text-muted">{end.note}</p>
  const remedies = message.beside === null ? remediesFor(end.error, isFirst) : []
  const ways = [
    ...(canRetry(end.error)
      ? [
          <Button key="retry" onClick={() => again.ask()}>
            Retry
          </Button>,
        ]
      : []),
    ...remedies.map((remedy) => (
      <Button key={remedy} onClick={() => again.ask(remedy)}>
        {remedyWords[remedy]}
      </Button>
    )),
  ]
  return <ErrorNote message={end.error.message}>{ways.length > 0 ? ways : null}</ErrorNote>
}

/** Asks for an answer once more. */
export interface Again {
  /** Why that was refused last; null: it was not. */
  readonly refusal: string | null
  /** The video whose frames are read once more before; null: none is. */
  readonly reading: Rereading | null
  readonly ask: (remedy?: Remedy) => void
  /** Gives it up. */
  readonly cancel: () => void
}

/** Answers the question of a message again; what goes on for that ends with the place where it is asked. */
export function useAgain(messageId: string): Again {
  const [refusal, setRefusal] = useState<string | null>(null)
  const [reading, setReading] = useState<Rereading | null>(null)
  const asking = useRef<AbortController | null>(null)
  const cancel = (): void => asking.current?.abort()
  useEffect(() => () => asking.current?.abort(), [])
  const ask = async (remedy?: Remedy): Promise<void> => {
    cancel()
    const abort = new AbortController()
    asking.current = abort
    setRefusal(null)
    try {
      await retry(messageId, { remedy, signal: abort.signal, onReading: setReading })
    } catch (thrown) {
      if (!abort.signal.aborted) setRefusal(toAppError(thrown).message)
    }
  }
  return { refusal, reading, ask: (remedy) => void ask(remedy), cancel }
}
