import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { ErrorNote } from '../../components/ErrorNote.tsx'
import { RereadingNote } from '../../components/RereadingNote.tsx'
import { AnswerActions } from './AnswerActions.tsx'
import { AnswerEnd } from './AnswerEnd.tsx'
import { AnswerText } from './AnswerText.tsx'
import { LeftOut } from './LeftOut.tsx'
import { useAgain } from './useAgain.ts'

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
