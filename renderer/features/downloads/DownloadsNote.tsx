import { t } from '@lingui/core/macro'
import type { Download } from '#contract'
import { ArrowDownToLine, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { IconButton } from '../../components/primitives/Button.tsx'
import { ProgressBar } from '../../components/primitives/Feedback.tsx'
import { percent, timeLeft } from '../../lib/format.ts'
import { isUnderWay, shareOf, useDownloads } from './store.ts'

/** The download that is shown outside of the list: the first that is running, else one that has failed. */
function useShownDownload(): { job: Download | undefined; others: number } {
  const jobs = useDownloads((state) => state.jobs) ?? []
  const job = jobs.find(isUnderWay) ?? jobs.find(({ state }) => state === 'failed')
  return { job, others: jobs.filter((one) => one !== job && isUnderWay(one)).length }
}

function shortState(job: Download): string {
  if (job.state === 'failed') return t`Stopped`
  if (job.state === 'retrying') return t`No connection`
  return job.state === 'verifying' ? t`Checking` : percent(shareOf(job))
}

function Progress({ job, className }: { job: Download; className: string }): ReactNode {
  return (
    <ProgressBar
      label={t`Download of ${job.name}`}
      share={job.state === 'verifying' ? null : shareOf(job)}
      quiet={job.state !== 'running'}
      className={className}
    />
  )
}

/** A quiet line while something is downloaded or has stopped; opens the list. */
export function DownloadsNote({ onOpen }: { onOpen: () => void }): ReactNode {
  const { job, others } = useShownDownload()
  if (!job) return null
  const state = shortState(job)
  const left = job.secondsLeft === null || job.state !== 'running' ? null : t`${timeLeft(job.secondsLeft)} left`
  const rest = [left, others > 0 && `${others} more`].filter(Boolean).join(', ')
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-label={t`Download of ${job.name}: ${state}`}
      data-testid="downloads-note"
      className="mx-2 mb-1 flex flex-col gap-1.5 rounded-md px-2 py-1.5 text-left text-small text-muted hover:bg-hover hover:text-ink"
    >
      <span className="flex items-center gap-2">
        {job.state === 'failed' ? (
          <TriangleAlert className="size-4 shrink-0 text-danger" aria-hidden />
        ) : (
          <ArrowDownToLine className="size-4 shrink-0" aria-hidden />
        )}
        <span className="min-w-0 flex-1 truncate">{job.name}</span>
        <span className="shrink-0 tabular-nums">{state}</span>
      </span>
      <Progress job={job} className="h-0.5! w-full" />
      {rest === '' ? null : <span className="text-subtle tabular-nums">{rest}</span>}
    </button>
  )
}

/** The same where there is no room for a line. */
export function DownloadsButton({ onOpen }: { onOpen: () => void }): ReactNode {
  const { job } = useShownDownload()
  if (!job) return null
  return (
    <IconButton label={t`Download of ${job.name}: ${shortState(job)}`} className="relative" onClick={onOpen}>
      {job.state === 'failed' ? <TriangleAlert className="text-danger" /> : <ArrowDownToLine />}
      <Progress job={job} className="absolute! inset-x-1.5 bottom-0.5 h-0.5!" />
    </IconButton>
  )
}
