import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { GroundedText } from './GroundedText.tsx'
import { progressText } from './progress.ts'
import { textOf } from './state.ts'
import { useOpenConversation } from './store.ts'

/** What the engine is doing, then the text as it comes. The only part of the window that changes with every token. */
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
