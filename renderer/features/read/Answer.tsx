import { useState, type ReactNode } from 'react'
import type { ErrorInfo, Message, Remedy } from '#contract'
import { Button } from '../../components/Button.tsx'
import { ErrorNote } from '../../components/ErrorNote.tsx'
import { Markdown } from '../../components/Markdown.tsx'
import { canRetry, toAppError } from '../../lib/errors.ts'
import { count } from '../../lib/format.ts'
import { AnswerActions } from './AnswerActions.tsx'
import { progressText } from './progress.ts'
import { remediesFor, remedyWords } from './remedies.ts'
import { textOf } from './state.ts'
import { retry, useRead } from './store.ts'

/** What is said under an answer that did not end by itself. */
function ending(message: Message): { note: string; error: ErrorInfo | null } | null {
  const kept = textOf(message) === '' ? '' : ' What was written so far is kept.'
  if (message.status === 'stopped') return { note: 'Stopped', error: null }
  if (message.status === 'interrupted') {
    return { note: '', error: message.error ?? { code: 'Interrupted', message: `Sightline was closed before this answer was finished.${kept}` } }
  }
  if (message.status !== 'failed') return null
  return { note: '', error: message.error ?? { code: 'EngineFailed', message: `This answer failed.${kept}` } }
}

/** An answer: what the engine is doing, then the text as it comes, then how it ended and what can be done with it. */
export function Answer({ message }: { message: Message }): ReactNode {
  const streaming = message.status === 'streaming'
  const [refusal, setRefusal] = useState<string | null>(null)
  const end = ending(message)
  const isFirst = useRead((state) => state.order.indexOf(message.id) < 2)
  const again = async (remedy?: Remedy): Promise<void> => {
    setRefusal(null)
    try {
      await retry(message.id, remedy)
    } catch (thrown) {
      setRefusal(toAppError(thrown).message)
    }
  }
  const ways = end?.error
    ? [
        ...(canRetry(end.error) ? [<Button key="retry" onClick={() => void again()}>Retry</Button>] : []),
        ...remediesFor(end.error, isFirst).map((remedy) => (
          <Button key={remedy} onClick={() => void again(remedy)}>
            {remedyWords[remedy]}
          </Button>
        )),
      ]
    : []
  return (
    <article aria-label="Answer" aria-busy={streaming} data-message-id={message.id} data-status={message.status} className="group/answer flex flex-col gap-2">
      {message.leftOut > 0 ? <p className="text-small text-muted">The {count(message.leftOut)} oldest messages are left out of this question, to fit the context.</p> : null}
      <AnswerText message={message} />
      {end?.note ? <p className="text-muted">{end.note}</p> : null}
      {end?.error ? (
        <ErrorNote message={end.error.message}>{ways.length > 0 ? ways : null}</ErrorNote>
      ) : null}
      {refusal ? <ErrorNote message={refusal} /> : null}
      {streaming ? null : <AnswerActions message={message} onRegenerate={() => void again()} />}
    </article>
  )
}

/** The only part of the window that changes with every token. */
function AnswerText({ message }: { message: Message }): ReactNode {
  const draft = useRead((state) => state.drafts[message.id])
  const progress = useRead((state) => state.progress[message.id])
  const streaming = message.status === 'streaming'
  const text = draft ?? textOf(message)
  if (text === '' && streaming) {
    return (
      <p role="status" aria-live="off" data-testid="progress" className="flex h-6 items-center gap-2.5 text-read text-muted tabular-nums">
        <span className="relative block h-0.5 w-8 overflow-hidden rounded-full">
          <span className="work-edge" />
        </span>
        {progressText(progress)}
      </p>
    )
  }
  if (text === '') return message.status === 'complete' ? <p className="text-read text-muted">The model gave an empty answer.</p> : null
  return (
    <div data-testid="answer-text">
      <Markdown text={text} partial={message.status !== 'complete'} streaming={streaming} />
    </div>
  )
}
