import { memo, type ReactNode } from 'react'
import { Answer } from './Answer.tsx'
import { Question } from './Question.tsx'
import { useRead } from './store.ts'

/** One message; only it renders again when it changes. */
export const MessageView = memo(function MessageView({ id }: { id: string }): ReactNode {
  const message = useRead((state) => state.messages[id])
  if (!message) return null
  return message.role === 'user' ? <Question message={message} /> : <Answer message={message} />
})
