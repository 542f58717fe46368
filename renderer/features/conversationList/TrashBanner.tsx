import { t } from '@lingui/core/macro'
import { Trash2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { restore } from './actions.ts'

/** In the place of the composer, of a conversation in the trash: that it is there, and the way out. */
export function TrashBanner({ id }: { id: string }): ReactNode {
  return (
    <div
      role="region"
      aria-label={t`In the trash`}
      className="mx-auto mb-4 flex w-[calc(100%-2rem)] max-w-[720px] flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-hairline bg-raised px-3 py-2.5"
    >
      <Trash2 className="size-4 shrink-0 text-muted" aria-hidden />
      <p className="min-w-[12rem] flex-1">{t`This conversation is in the trash. Restore it to go on with it.`}</p>
      <Button onClick={() => void restore([id])}>{t`Restore`}</Button>
    </div>
  )
}
