import { t } from '@lingui/core/macro'
import { Brain } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/primitives/Button.tsx'
import { announce } from '../../lib/announce.ts'
import { useEngine } from '../../lib/engine.ts'
import { setThinks, useThinks } from '../../lib/thinking.ts'

/**
 * Lets the model think before it answers in this conversation. It is there where the loaded model's template has a switch for
 * that, and says so where a model always thinks. Off until somebody wants it: a thought takes its time, and with pictures
 * models were measured to see worse after one.
 */
export function ThinkingToggle({ conversationId }: { conversationId: string | null }): ReactNode {
  const form = useEngine(({ status }) => status?.thinking ?? null)
  const thinks = useThinks(conversationId)
  if (form === 'always')
    return (
      <span className="shrink-0 text-small text-subtle" title={t`This model thinks before every answer.`}>
        {t`Always thinks`}
      </span>
    )
  if (form !== 'switch') return null
  const toggle = (): void => {
    setThinks(conversationId, !thinks)
    announce(thinks ? t`The model answers at once.` : t`The model thinks before it answers, from the next question on.`)
  }
  return (
    <IconButton
      label={t`Think before answering`}
      hint={t`Slower; with pictures often worse`}
      aria-pressed={thinks}
      onClick={toggle}
      className={thinks ? 'bg-accent-soft! text-accent!' : ''}
    >
      <Brain />
    </IconButton>
  )
}
