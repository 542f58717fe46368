import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { useCopied } from '../../lib/useCopied.ts'
import { IconButton } from '../primitives/IconButton.tsx'

/** A block of code with its language and a copy button; long lines scroll. */
export function CodeBlock({ language, code }: { language: string | null; code: string }): ReactNode {
  const [copied, copy] = useCopied()
  return (
    <div className="my-3 overflow-hidden rounded-lg border border-hairline bg-sunken" dir="ltr">
      <div className="flex h-8 items-center justify-between pr-1 pl-3 text-small text-muted">
        <span>{language ?? 'Text'}</span>
        <IconButton label={copied ? 'Copied' : 'Copy code'} size="small" onClick={() => copy(code)}>
          {copied ? <Check /> : <Copy />}
        </IconButton>
      </div>
      <pre
        className="overflow-x-auto px-3 pb-3 font-mono text-ui leading-5"
        tabIndex={0}
        aria-label={`Code${language ? ` in ${language}` : ''}`}
      >
        <code>{code}</code>
      </pre>
    </div>
  )
}
