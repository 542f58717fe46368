import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { useEngine } from '../../lib/engine.ts'

/** The quiet line that says what a demo model knows, and offers a real one. */
export function DemoNotice({ onModels }: { onModels: () => void }): ReactNode {
  const notice = useEngine((state) => state.status?.notice ?? null)
  if (!notice) return null
  return (
    <p
      className="mx-auto w-full max-w-[720px] px-4 pb-3 text-center text-small text-subtle mid:px-6"
      data-testid="demo-notice"
    >
      {notice}{' '}
      <button
        type="button"
        onClick={onModels}
        className="text-accent underline decoration-1 underline-offset-2 hover:text-accent-strong"
      >{t`Use another model`}</button>
    </p>
  )
}
