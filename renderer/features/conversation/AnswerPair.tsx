import { Circle, CircleDot, RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import type { Message } from '#contract'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { RereadingNote } from '../../components/video/RereadingNote.tsx'
import { announce } from '../../lib/announce.ts'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { AnswerDetails, Branches, CopyAnswer } from './AnswerActions.tsx'
import { AnswerEnd, AnswerText, LeftOut, useAgain, type Again } from './Answer.tsx'
import { selectBranch, useOpenConversation } from './store.ts'

const small = 'flex h-6 items-center gap-1.5 rounded-md px-1.5 text-small [&>svg]:size-3.5'
const wordsClass = `${small} text-muted hover:bg-hover hover:text-ink`
const chosenClass = `${small} text-accent`

/**
 * Two answers to one question: side by side where there is room, else one below the other, in the order in which they
 * were
 * asked for. `chosen`: the one that the conversation goes on from.
 */
export function AnswerPair({ pair, chosen }: { pair: readonly [string, string]; chosen: Message }): ReactNode {
  const answers = useOpenConversation(useShallow((state) => pair.flatMap((id) => state.messages[id] ?? [])))
  const again = useAgain(chosen.id)
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
          <button type="button" onClick={() => again.ask()} className={wordsClass}>
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
            className={cx('ml-1', isChosen ? chosenClass : wordsClass)}
          >
            {isChosen ? <CircleDot aria-hidden /> : <Circle aria-hidden />}
            Go on with this one
          </button>
        </div>
      )}
    </article>
  )
}
