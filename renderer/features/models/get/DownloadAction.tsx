import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Download } from '#contract'
import { Button, type ButtonKind } from '../../../components/primitives/Button.tsx'
import { ProgressBar } from '../../../components/primitives/ProgressBar.tsx'
import { percent } from '../../../lib/format.ts'
import { openModel, openModels } from '../place.ts'

const words: Partial<Record<Download['state'], string>> = {
  queued: 'Waiting',
  checking: 'Looking',
  paused: 'Paused',
  failed: 'Stopped',
}

/** The button that downloads a model; how far that is while it is on its way, and the model once it is there. */
export function DownloadAction({
  modelId,
  job,
  label,
  kind,
  disabled,
  children = 'Download',
  onDownload,
}: {
  /** The model that this download has become, by its offer. */
  modelId: string | null
  job: Download | undefined
  label: string
  kind: ButtonKind
  disabled: boolean
  children?: ReactNode
  onDownload: () => void
}): ReactNode {
  const there = modelId ?? job?.modelId ?? null
  if (there !== null) {
    return (
      <Button kind="quiet" onClick={() => openModel(there)}>
        <Check className="text-accent" aria-hidden />
        On this computer
      </Button>
    )
  }
  if (job && job.state !== 'done') {
    const share = job.bytes > 0 ? job.doneBytes / job.bytes : 0
    return (
      <button
        type="button"
        onClick={() => openModels('downloads')}
        className="w-32 rounded-md px-2 py-1 text-left text-muted hover:bg-hover hover:text-ink"
      >
        <span className="tabular-nums">{words[job.state] ?? percent(share)}</span>
        <ProgressBar
          label={`Download of ${job.name}`}
          share={job.state === 'checking' ? null : share}
          quiet={job.state === 'paused' || job.state === 'failed'}
          className="mt-1.5"
        />
      </button>
    )
  }
  return (
    <Button kind={kind} disabled={disabled} aria-label={label} onClick={onDownload}>
      {children}
    </Button>
  )
}
