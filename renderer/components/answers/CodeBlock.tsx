import { t } from '@lingui/core/macro'
import { Check, Copy, WrapText } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { useCopied } from '../../lib/copyAndSave.ts'
import { cx } from '../../lib/cx.ts'
import { useHighlighted } from '../../lib/highlighting.ts'
import type { HighlightedCode } from '../../lib/highlightCode.ts'
import { IconButton } from '../primitives/Button.tsx'

/** A block of code in the colours of its language, with a copy button; long lines scroll, or are wrapped. */
export function CodeBlock({ language, code }: { language: string | null; code: string }): ReactNode {
  const [copied, copy] = useCopied()
  const [wraps, setWraps] = useState(false)
  const pieces = useHighlighted(code, language)
  return (
    <div className="my-3 overflow-hidden rounded-lg border border-hairline bg-sunken" dir="ltr">
      <div className="flex h-8 items-center gap-0.5 pr-1 pl-3 text-small text-muted">
        <span className="min-w-0 flex-1 truncate">{language ?? t`Text`}</span>
        <IconButton
          label={t`Wrap long lines`}
          size="small"
          aria-pressed={wraps}
          className={cx(wraps && 'bg-active text-ink')}
          onClick={() => setWraps(!wraps)}
        >
          <WrapText />
        </IconButton>
        <IconButton label={copied ? t`Copied` : t`Copy code`} size="small" onClick={() => copy(code)}>
          {copied ? <Check /> : <Copy />}
        </IconButton>
      </div>
      <pre
        className={cx(
          'px-3 pb-3 font-mono text-ui leading-5',
          wraps ? 'whitespace-pre-wrap [overflow-wrap:anywhere]' : 'overflow-x-auto',
        )}
        tabIndex={0}
        aria-label={language ? t`Code in ${language}` : t`Code`}
      >
        <code>{pieces ? <Pieces pieces={pieces} /> : code}</code>
      </pre>
    </div>
  )
}

function Pieces({ pieces }: { pieces: HighlightedCode }): ReactNode {
  return pieces.map((piece, index) =>
    typeof piece === 'string' ? (
      piece
    ) : (
      <span key={index} className={piece.name}>
        <Pieces pieces={piece.pieces} />
      </span>
    ),
  )
}
