import { RotateCcw, Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { AnswerDetails } from './AnswerDetails.tsx'
import { Branches } from './Branches.tsx'
import { useCopied } from '../../lib/useCopied.ts'
import { textOf } from '../../lib/conversation/state.ts'

/** What can be done with a finished answer. */
export function AnswerActions({ message, onRegenerate }: { message: Message; onRegenerate: () => void }): ReactNode {
  return (
    <div className="-ml-1.5 flex h-6 items-center gap-0.5" role="group" aria-label="Answer actions">
      <CopyAnswer message={message} />
      <IconButton label="Answer again" size="small" onClick={onRegenerate}>
        <RotateCcw />
      </IconButton>
      <AnswerDetails answers={[message]} />
      <Branches message={message} />
    </div>
  )
}

/** Copies an answer's text; nothing when it has none. */
export function CopyAnswer({ message }: { message: Message }): ReactNode {
  const [copied, copy] = useCopied()
  const text = textOf(message)
  if (text === '') return null
  return (
    <IconButton label={copied ? 'Copied' : 'Copy answer'} size="small" onClick={() => copy(text)}>
      {copied ? <Check /> : <Copy />}
    </IconButton>
  )
}
