import { Check, Copy, RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { IconButton } from '../../components/IconButton.tsx'
import { useCopied } from '../../lib/useCopied.ts'
import { AnswerDetails } from './AnswerDetails.tsx'
import { Branches } from './Branches.tsx'
import { textOf } from './state.ts'

/** What can be done with a finished answer. */
export function AnswerActions({ message, onRegenerate }: { message: Message; onRegenerate: () => void }): ReactNode {
  const [copied, copy] = useCopied()
  const text = textOf(message)
  return (
    <div className="-ml-1.5 flex h-6 items-center gap-0.5" role="group" aria-label="Answer actions">
      {text === '' ? null : (
        <IconButton label={copied ? 'Copied' : 'Copy answer'} size="small" onClick={() => copy(text)}>
          {copied ? <Check /> : <Copy />}
        </IconButton>
      )}
      <IconButton label="Answer again" size="small" onClick={onRegenerate}>
        <RotateCcw />
      </IconButton>
      <AnswerDetails message={message} />
      <Branches message={message} />
    </div>
  )
}
