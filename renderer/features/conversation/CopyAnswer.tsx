import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Message } from '#contract'
import { IconButton } from '../../components/primitives/IconButton.tsx'
import { useCopied } from '../../lib/useCopied.ts'
import { textOf } from './state.ts'

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
