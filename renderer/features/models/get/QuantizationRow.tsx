import { useState, type ReactNode } from 'react'
import type { Download, Quantization } from '#contract'
import { Badge } from '../../../components/primitives/Badge.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes } from '../../../lib/format.ts'
import { DownloadAction } from './DownloadAction.tsx'
import { FitLine } from './FitLine.tsx'

/** One quantization: its size, how it would run here, and its download. `reason`: why it is the recommended one. */
export function QuantizationRow({
  quantization,
  reason,
  job,
  onDownload,
}: {
  quantization: Quantization
  reason: string | null
  job: Download | undefined
  onDownload: () => Promise<void>
}): ReactNode {
  const { name, fit, downloadBytes, hasDiskSpace, projector } = quantization
  const [failure, setFailure] = useState<string | null>(null)
  const download = (): void => {
    setFailure(null)
    onDownload().catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }
  return (
    <li
      className={cx(
        'flex flex-wrap items-start gap-x-4 gap-y-2 px-3 py-2.5 first:rounded-t-lg last:rounded-b-lg',
        reason !== null && 'bg-accent-soft',
      )}
    >
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1 tabular-nums">
          <span className="font-medium">{name}</span>
          <span className="text-muted">{bytes(downloadBytes)}</span>
          {reason !== null ? (
            <Badge tone="accent" className="border-accent! text-accent!">
              Recommended
            </Badge>
          ) : null}
        </p>
        <FitLine fit={fit} />
        <p className="mt-0.5 text-muted">{reason ?? fit.sentence}</p>
        {projector ? null : (
          <p className="mt-0.5 text-warning">No projector is offered with it: it would answer text only.</p>
        )}
        {hasDiskSpace ? null : <p className="mt-0.5 text-danger">There is not enough free space on the disk for it.</p>}
        {failure ? (
          <p role="alert" className="mt-1 text-danger">
            {failure}
          </p>
        ) : null}
      </div>
      <DownloadAction
        modelId={quantization.modelId}
        job={job}
        label={`Download ${name}`}
        kind={reason !== null ? 'primary' : 'plain'}
        disabled={!hasDiskSpace}
        onDownload={download}
      />
    </li>
  )
}
