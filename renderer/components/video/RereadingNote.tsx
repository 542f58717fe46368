import { t } from '@lingui/core/macro'
import type { ReactNode } from 'react'
import { count } from '../../lib/format.ts'
import type { Rereading } from '../../lib/video/index.ts'
import { Button } from '../primitives/Button.tsx'
import { ProgressBar } from '../primitives/Feedback.tsx'

/** Says that a question waits for the frames of a video, which are read from its file once more, and gives that up. */
export function RereadingNote({
  reading: { name, done, total },
  onCancel,
}: {
  reading: Rereading
  onCancel: () => void
}): ReactNode {
  return (
    <div role="status" className="mb-2 flex items-center gap-3 rounded-lg bg-active px-3 py-1.5 text-ui">
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <p className="truncate tabular-nums">{t`Reading ${name} again: ${count(done)} of ${count(total)} frames`}</p>
        <ProgressBar share={total === 0 ? null : done / total} label={t`Reading ${name} again`} />
      </div>
      <Button onClick={onCancel}>{t`Cancel`}</Button>
    </div>
  )
}
