import type { ReactNode } from 'react'
import type { ErrorInfo, Message } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { canRetry } from '../../lib/errors.ts'
import { remediesFor, remedyWords } from './remedies.ts'
import { textOf } from './state.ts'
import { useOpenConversation } from './store.ts'
import type { Again } from './useAgain.ts'

/** What is said under an answer that did not end by itself. */
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

/** How an answer ended, when not by itself, with the ways out. What remedies change is the first model's of a pair. */
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
