import type { ErrorInfo, Message } from '#contract'
import { Circle, CircleDot, RotateCcw } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/Feedback.tsx'
import { RereadingNote } from '../../components/video/RereadingNote.tsx'
import { announce } from '../../lib/announce.ts'
import { reasoningOf, textOf } from '../../lib/conversation/state.ts'
import { cx } from '../../lib/cx.ts'
import { canRetry, toAppError } from '../../lib/errors.ts'
import { count } from '../../lib/format.ts'
import { AnswerActions, AnswerDetails, CopyAnswer } from './AnswerActions.tsx'
import { AnswerEditor } from './AnswerEditor.tsx'
import { Branches } from './Branches.tsx'
import { DocumentAnswer, canReadOn } from './DocumentAnswer.tsx'
import { GroundedText } from './GroundedText.tsx'
import { AnswerPictures } from './AnswerPictures.tsx'
import { Thought } from './Thought.tsx'
import { useAgain } from './again.ts'
import type { Again } from './again.ts'
import { canGoOn, cutOffText, progressText, remediesFor, remedyLabels } from './answerText.ts'
import { documentParser } from '../../lib/conversation/documentParser.ts'
import { selectBranch, useOpenConversation } from './store.ts'

/** An answer: what the engine is doing, then the text as it comes, then how it ended and what can be done with it. */
export function Answer({ message }: { message: Message }): ReactNode {
  const streaming = message.status === 'streaming'
  const again = useAgain(message)
  const [isEditing, setEditing] = useState(false)
  return (
    <article
      aria-label="Answer"
      aria-busy={streaming}
      data-message-id={message.id}
      data-status={message.status}
      className="group/answer flex flex-col gap-2"
    >
      <LeftOut message={message} />
      <Thought message={message} />
      {isEditing ? (
        <AnswerEditor message={message} onEnd={() => setEditing(false)} />
      ) : (
        <AnswerText message={message} />
      )}
      {message.edited ? <p className="text-small text-muted">Edited by you</p> : null}
      <AnswerPictures message={message} />
      <AnswerEnd message={message} again={again} />
      {again.reading ? <RereadingNote reading={again.reading} onCancel={again.cancel} /> : null}
      {again.refusal ? <ErrorNote message={again.refusal} /> : null}
      {streaming || isEditing ? null : (
        <AnswerActions
          message={message}
          onAgain={(variation) => again.ask({ variation })}
          onEdit={() => setEditing(true)}
        />
      )}
    </article>
  )
}

/** Says that an answer did not get to see the oldest messages; nothing when it did. */
function LeftOut({ message }: { message: Message }): ReactNode {
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
function AnswerText({ message }: { message: Message }): ReactNode {
  const draft = useOpenConversation((state) => state.drafts[message.id])
  const progress = useOpenConversation((state) => state.progress[message.id])
  const streaming = message.status === 'streaming'
  const thinks =
    useOpenConversation((state) => state.thoughts[message.id] !== undefined) || reasoningOf(message) !== null
  const text = draft ?? textOf(message)
  if (text === '' && thinks && message.status !== 'complete') return null
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
    return message.status === 'complete' && !message.parts.some(({ type }) => type === 'image') ? (
      <p className="text-read text-muted">
        {thinks ? 'The model ended its thought without an answer.' : 'The model gave an empty answer.'}
      </p>
    ) : null
  const parser = documentParser(message)
  return parser ? (
    <DocumentAnswer message={message} text={text} parser={parser} />
  ) : (
    <GroundedText message={message} text={text} />
  )
}

/** The note and the error under an answer that was stopped, cut off or failed; null under one that ended by itself. */
function ending(message: Message): { note: string; error: ErrorInfo | null } | null {
  const kept = textOf(message) === '' && !reasoningOf(message) ? '' : ' What was written so far is kept.'
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
  if (message.status === 'complete' && message.usage?.cutOff) return { note: cutOffText(message.usage), error: null }
  if (message.status !== 'failed') return null
  return { note: '', error: message.error ?? { code: 'EngineFailed', message: `This answer failed.${kept}` } }
}

/**
 * Says how an answer ended that is not complete, and offers what can be done. Remedies change the first model of a
 * pair.
 */
function AnswerEnd({ message, again }: { message: Message; again: Again }): ReactNode {
  // no earlier message goes with a page that is read by itself
  const isAlone = useOpenConversation(
    (state) => message.parentId === state.order[0] || state.messages[message.parentId ?? '']?.job?.pages === 'each',
  )
  const isPages = useOpenConversation((state) => canReadOn(state, message))
  const isCut = useOpenConversation((state) => canGoOn(state, message))
  const end = ending(message)
  if (!end) return null
  const goOn =
    isPages || isCut ? (
      <Button key="on" kind={isPages ? 'primary' : 'plain'} onClick={() => again.goOn()}>
        Continue
      </Button>
    ) : null
  if (!end.error)
    return goOn ? (
      <div className="flex flex-wrap items-center gap-3 text-muted">
        {end.note}
        {goOn}
      </div>
    ) : (
      <p className="text-muted">{end.note}</p>
    )
  const remedies = message.beside === null ? remediesFor(end.error, isAlone) : []
  const ways = [
    ...(goOn ? [goOn] : []),
    ...(canRetry(end.error)
      ? [
          <Button key="retry" onClick={() => again.ask()}>
            Retry
          </Button>,
        ]
      : []),
    ...remedies.map((remedy) => (
      <Button key={remedy} onClick={() => again.ask({ remedy })}>
        {remedyLabels[remedy]}
      </Button>
    )),
  ]
  const what =
    goOn && message.status === 'interrupted'
      ? isPages
        ? 'Sightline ended before all of it was read. What was read is kept; Continue reads the rest.'
        : 'Sightline ended before the answer did. What was written is kept; Continue goes on from there.'
      : end.error.message
  return <ErrorNote message={what}>{ways.length > 0 ? ways : null}</ErrorNote>
}

const small = 'flex h-6 items-center gap-1.5 rounded-md px-1.5 text-small [&>svg]:size-3.5'
const textButtonClass = `${small} text-muted hover:bg-hover hover:text-ink`
const chosenClass = `${small} text-accent`

/**
 * Two answers to one question: side by side where there is room, else one below the other, in the order in which they
 * were asked for. `chosen`: the one that the conversation goes on from.
 */
export function AnswerPair({ pair, chosen }: { pair: readonly [string, string]; chosen: Message }): ReactNode {
  const answers = useOpenConversation(useShallow((state) => pair.flatMap((id) => state.messages[id] ?? [])))
  const again = useAgain(chosen)
  const streaming = answers.some(({ status }) => status === 'streaming')
  return (
    <section
      aria-label="Two answers to compare"
      className="flex w-full flex-col gap-3 self-center @min-[900px]:w-[min(1100px,calc(100cqw-3rem))]"
    >
      <LeftOut message={chosen} />
      <div className="grid items-start gap-x-8 gap-y-6 @min-[900px]:grid-cols-2">
        {answers.map((answer) => (
          <Column key={answer.id} answer={answer} answers={answers} isChosen={answer.id === chosen.id} again={again} />
        ))}
      </div>
      {again.reading ? <RereadingNote reading={again.reading} onCancel={again.cancel} /> : null}
      {again.refusal ? <ErrorNote message={again.refusal} /> : null}
      {streaming ? null : (
        <div className="-ml-1.5 flex h-6 items-center gap-2" role="group" aria-label="Both answers">
          <button type="button" onClick={() => again.ask()} className={textButtonClass}>
            <RotateCcw aria-hidden />
            Answer again
          </button>
          <Branches message={chosen} />
        </div>
      )}
    </section>
  )
}

/** One of the two answers, under the name of its model. */
function Column({
  answer,
  answers,
  isChosen,
  again,
}: {
  answer: Message
  answers: readonly Message[]
  isChosen: boolean
  again: Again
}): ReactNode {
  const streaming = answer.status === 'streaming'
  const name = answer.model ?? 'Unknown model'
  const goOn = (): void => {
    selectBranch(answer.id).catch((thrown: unknown) => announce(toAppError(thrown).message))
  }
  return (
    <article
      aria-label={`Answer by ${name}`}
      aria-busy={streaming}
      data-message-id={answer.id}
      data-status={answer.status}
      className="flex min-w-0 flex-col gap-2"
    >
      <p
        aria-hidden
        className={cx(
          'truncate border-b pb-1.5 text-ui font-medium',
          isChosen ? 'border-accent text-ink' : 'border-hairline text-muted',
        )}
        title={name}
      >
        {name}
      </p>
      <Thought message={answer} />
      <AnswerText message={answer} />
      <AnswerEnd message={answer} again={again} />
      {streaming ? null : (
        <div className="-ml-1.5 flex min-h-6 flex-wrap items-center gap-0.5" role="group" aria-label="Answer actions">
          <CopyAnswer message={answer} />
          <AnswerDetails answers={answers} />
          <button
            type="button"
            aria-pressed={isChosen}
            onClick={goOn}
            className={cx('ml-1', isChosen ? chosenClass : textButtonClass)}
          >
            {isChosen ? <CircleDot aria-hidden /> : <Circle aria-hidden />}
            Go on with this one
          </button>
        </div>
      )}
    </article>
  )
}
