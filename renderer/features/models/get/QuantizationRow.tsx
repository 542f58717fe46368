import { Check } from 'lucide-react'
import { useState, type ReactNode } from 'react'
import type { Download, Quantization } from '#contract'
import { Badge } from '../../../components/Badge.tsx'
import { Button } from '../../../components/Button.tsx'
import { ProgressBar } from '../../../components/ProgressBar.tsx'
import { cx } from '../../../lib/cx.ts'
import { toAppError } from '../../../lib/errors.ts'
import { bytes, percent } from '../../../lib/format.ts'
import { openModel, openModels } from '../place.ts'
import { levels } from './words.ts'

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
  const level = levels[fit.level]
  const download = (): void => {
    setFailure(null)
    onDownload().catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }
  return (
    <li className={cx('flex flex-wrap items-start gap-x-4 gap-y-2 px-3 py-2.5 first:rounded-t-lg last:rounded-b-lg', reason !== null && 'bg-accent-soft')}>
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
        <p className="mt-1 flex flex-wrap items-center gap-x-2">
          <span className={cx('size-2 shrink-0 rounded-full', level.dot)} aria-hidden />
          <span>
            {level.label}
            {fit.speed ? `, ${fit.speed}` : null}
          </span>
        </p>
        <p className="mt-0.5 text-muted">{reason ?? fit.sentence}</p>
        {projector ? null : <p className="mt-0.5 text-warning">No projector is offered with it: it would answer text only.</p>}
        {hasDiskSpace ? null : <p className="mt-0.5 text-danger">There is not enough free space on the disk for it.</p>}
        {failure ? (
          <p role="alert" className="mt-1 text-danger">
            {failure}
          </p>
        ) : null}
      </div>
      <Action quantization={quantization} isRecommended={reason !== null} job={job} onDownload={download} />
    </li>
  )
}

function Action({ quantization, isRecommended, job, onDownload }: { quantization: Quantization; isRecommended: boolean; job: Download | undefined; onDownload: () => void }): ReactNode {
  const modelId = quantization.modelId ?? job?.modelId ?? null
  if (modelId !== null) {
    return (
      <Button kind="quiet" onClick={() => openModel(modelId)}>
        <Check className="text-accent" aria-hidden />
        On this computer
      </Button>
    )
  }
  if (job && job.state !== 'done') {
    const share = job.bytes > 0 ? job.doneBytes / job.bytes : 0
    return (
      <button type="button" onClick={() => openModels('downloads')} className="w-32 rounded-md px-2 py-1 text-left text-muted hover:bg-hover hover:text-ink">
        <span className="tabular-nums">{job.state === 'paused' ? 'Paused' : job.state === 'failed' ? 'Stopped' : job.state === 'queued' ? 'Waiting' : percent(share)}</span>
        <ProgressBar label={`Download of ${job.name}`} share={share} quiet={job.state === 'paused' || job.state === 'failed'} className="mt-1.5" />
      </button>
    )
  }
  return (
    <Button kind={isRecommended ? 'primary' : 'plain'} disabled={!quantization.hasDiskSpace} aria-label={`Download ${quantization.name}`} onClick={onDownload}>
      Download
    </Button>
  )
}
