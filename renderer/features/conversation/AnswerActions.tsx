import { RotateCcw } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { AnswerDetails } from './AnswerDetails.tsx'
import { Branches } from './Branches.tsx'
import { CopyAnswer } from './CopyAnswer.tsx'

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
