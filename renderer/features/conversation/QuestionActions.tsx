import type { Message } from '#contract'
import { Check, Copy, Pencil, RotateCcw, Trash2 } from 'lucide-react'
import { use } from 'react'
import type { ReactNode } from 'react'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { ComposingContext } from '../../lib/composing.ts'
import { textOf } from '../../lib/conversation/state.ts'
import { useCopied } from '../../lib/copyAndSave.ts'
import { Branches } from './Branches.tsx'
import { useAgain } from './again.ts'
import { removeMessage } from './doing.ts'
import { useOpenConversation, useStreamingAnswer } from './store.ts'

/** What can be done with a question: seen when it has the pointer or the focus, its versions always. */
export function QuestionActions({ message }: { message: Message }): ReactNode {
  const composing = use(ComposingContext)
  const isWritten = useStreamingAnswer() !== null
  const isUnanswered = useOpenConversation(({ order }) => order.at(-1) === message.id)
  const [copied, copy] = useCopied()
  const text = textOf(message)
  const after = useOpenConversation(({ order }) => order.length - order.indexOf(message.id) - 1)
  return (
    <div className="-mr-1.5 -mb-2 flex min-h-6 items-center gap-0.5 print:hidden">
      <div
        role="group"
        aria-label="Question actions"
        className="flex items-center gap-0.5 opacity-0 group-focus-within/question:opacity-100 group-hover/question:opacity-100 pointer-coarse:opacity-100"
      >
        {text === '' ? null : (
          <IconButton label={copied ? 'Copied' : 'Copy question'} size="small" onClick={() => copy(text)}>
            {copied ? <Check /> : <Copy />}
          </IconButton>
        )}
        {composing ? (
          <IconButton label="Edit question" size="small" onClick={() => composing.edit(message)}>
            <Pencil />
          </IconButton>
        ) : null}
        {isWritten || !composing ? null : (
          <IconButton
            label="Delete question"
            hint={after === 0 ? '' : `with ${after === 1 ? 'what follows' : `the ${after} that follow`}`}
            size="small"
            onClick={() => void removeMessage(message)}
          >
            <Trash2 />
          </IconButton>
        )}
      </div>
      {isUnanswered && composing ? <AnswerIt message={message} /> : null}
      <Branches message={message} />
    </div>
  )
}

/** A question without an answer, which was deleted: asks for one. */
function AnswerIt({ message }: { message: Message }): ReactNode {
  const again = useAgain(message)
  return (
    <>
      {again.refusal ? <span className="text-small text-danger">{again.refusal}</span> : null}
      <Button kind="quiet" className="h-6 px-1.5" onClick={() => again.ask()}>
        <RotateCcw aria-hidden />
        Answer
      </Button>
    </>
  )
}
