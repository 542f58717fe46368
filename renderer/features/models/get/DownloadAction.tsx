import { t } from '@lingui/core/macro'
import type { Download, Fit, Machine } from '#contract'
import { Check } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import type { ButtonKind } from '../../../components/primitives/Button.tsx'
import { ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { cx } from '../../../lib/cx.ts'
import { bytes, counted, listed, percent } from '../../../lib/format.ts'
import { openModel, openModels } from '../place.ts'

/** A line that says which device a model would run on here, and how fast. */
export function FitLine({ fit }: { fit: Fit }): ReactNode {
  const level = levels[fit.level]
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2">
      <span className={cx('size-2 shrink-0 rounded-full', level.dot)} aria-hidden />
      <span>{fitText(fit)}</span>
    </p>
  )
}

/** Which device a model would run on here, and how fast: "Graphics card, fast"; or that it does not fit. */
export const fitText = ({ level, speed }: Fit): string => `${levels[level].label}${speed ? `, ${speed}` : ''}`

/** The text and the colour of each level of fit. */
const levels: Record<Fit['level'], { readonly label: string; readonly dot: string }> = {
  gpu: { label: t`Graphics card`, dot: 'bg-ok' },
  partial: { label: t`Graphics card and processor`, dot: 'bg-ok' },
  cpu: { label: t`Processor`, dot: 'bg-accent' },
  no: { label: t`Too large`, dot: 'bg-danger' },
}

/** The hardware of this computer in a line: "2 cores, 24 GB of memory, no graphics card. 120 GB free for models." */
export function machineText({ cores, memoryBytes, gpus, freeDiskBytes }: Machine): string {
  const cards = gpus.map(({ name, memoryBytes: memory, isShared }) =>
    isShared ? name : t`${name} with ${bytes(memory)}`,
  )
  const has = [counted(cores, 'core'), t`${bytes(memoryBytes)} of memory`, listed(cards) || t`no graphics card`]
  return t`${has.join(', ')}. ${bytes(freeDiskBytes)} free on the disk.`
}

const stateTexts: Partial<Record<Download['state'], string>> = {
  queued: t`Waiting`,
  checking: t`Looking`,
  paused: t`Paused`,
  failed: t`Stopped`,
}

/** The button that downloads a model; how far that is while it is on its way, and the model once it is there. */
export function DownloadAction({
  modelId,
  job,
  label,
  kind,
  disabled,
  children = t`Download`,
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
        {t`On this computer`}
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
        <span className="tabular-nums">{stateTexts[job.state] ?? percent(share)}</span>
        <ProgressBar
          label={t`Download of ${job.name}`}
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
