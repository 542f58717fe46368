import { memo, type ReactNode } from 'react'
import { useShallow } from 'zustand/react/shallow'
import { Answer } from './Answer.tsx'
import { AnswerPair } from './AnswerPair.tsx'
import { Question } from './Question.tsx'
import { pairOf } from '../../lib/conversation/state.ts'
import { useOpenConversation } from './store.ts'

/** One message of the path, with the answer beside it where there is one; only it renders again when it changes. */
export const MessageView = memo(function MessageView({ id }: { id: string }): ReactNode {
  const message = useOpenConversation((state) => state.messages[id])
  const pair = useOpenConversation(useShallow((state) => pairOf(state, id)))
  if (!message) return null
  if (pair) return <AnswerPair pair={pair} chosen={message} />
  return message.role === 'user' ? <Question message={message} /> : <Answer message={message} />
})
