import type { Message } from '#contract'
import type { ReactNode } from 'react'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { reasoningOf, textOf } from '../../lib/conversation/state.ts'
import { duration } from '../../lib/format.ts'
import { useOpenConversation } from './store.ts'

/**
 * What the model thought before an answer, folded; nothing where it did not. It is no part of the answer: not of what is
 * copied, read for marks, or sent with the next question. Where no answer came after it, it stands open.
 */
export function Thought({ message }: { message: Message }): ReactNode {
  const written = useOpenConversation((state) => state.thoughts[message.id])
  const hasText = useOpenConversation((state) => (state.drafts[message.id] ?? textOf(message)) !== '')
  const stored = reasoningOf(message)
  const text = written ?? stored?.text ?? ''
  if (text === '') return null
  const thinking = message.status === 'streaming' && !hasText && stored?.ms === undefined
  return (
    <Disclosure
      // an answer that ended without a word is not hidden in its fold
      key={message.status === 'complete' && !hasText ? 'alone' : 'folded'}
      defaultOpen={message.status === 'complete' && !hasText}
      className="text-ui text-muted"
      label={
        thinking ? (
          <span className="flex items-center gap-2.5">
            Thinking…
            <span className="relative block h-0.5 w-8 overflow-hidden rounded-full" aria-hidden>
              <span className="work-edge" />
            </span>
          </span>
        ) : (
          <span className="tabular-nums">
            {stored?.ms === undefined ? 'Thought, cut short' : `Thought for ${duration(stored.ms)}`}
          </span>
        )
      }
    >
      <div
        data-testid="thought"
        dir="auto"
        className="ml-1.5 border-l border-hairline py-0.5 pl-3.5 whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {text}
      </div>
    </Disclosure>
  )
}
