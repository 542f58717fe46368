import { t } from '@lingui/core/macro'
import type { Download } from '#contract'
import { ArrowUpToLine, Pause, Play, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { SourceNote } from '../../components/models/SourceNote.tsx'
import { Button, IconButton } from '../../components/primitives/Button.tsx'
import { Confirm } from '../../components/primitives/Dialog.tsx'
import { Disclosure } from '../../components/primitives/Disclosure.tsx'
import { ErrorNote, ProgressBar } from '../../components/primitives/Feedback.tsx'
import { toAppError, told } from '../../lib/errors.ts'
import { bytes, counted, percent } from '../../lib/format.ts'
import {
  isUnderWay,
  pauseDownload,
  prioritiseDownload,
  removeDownload,
  resumeDownload,
  shareOf,
  stateText,
  useDownloads,
} from './store.ts'

/** Every download, first of the queue first. */
export function DownloadList({ onOpenModel }: { onOpenModel: (modelId: string) => void }): ReactNode {
  const jobs = useDownloads((state) => state.jobs) ?? []
  const first = jobs.find(({ state }) => state !== 'done')
  return (
    <ul aria-label={t`Downloads`} className="rounded-lg border border-hairline bg-raised">
      {jobs.map((job) => (
        <DownloadRow key={job.id} job={job} isFirst={job === first} onOpenModel={onOpenModel} />
      ))}
    </ul>
  )
}

/** One download: how far it is, what went wrong, and what can be done with it. */
function DownloadRow({
  job,
  isFirst,
  onOpenModel,
}: {
  job: Download
  isFirst: boolean
  onOpenModel: (modelId: string) => void
}): ReactNode {
  const { id, name, state, error, modelId, files } = job
  const [failure, setFailure] = useState<string | null>(null)
  const [asking, setAsking] = useState(false)
  const now = useSecond(state === 'retrying')
  const attempt = (action: (id: string) => Promise<void>): void => {
    setFailure(null)
    action(id).catch((thrown: unknown) => setFailure(toAppError(thrown).message))
  }
  const message = state === 'failed' && error ? told(error) : failure
  return (
    <li aria-label={name} data-state={state} className="border-t border-hairline px-4 py-3 first:border-t-0">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          <p className="font-medium [overflow-wrap:anywhere]">{name}</p>
          <p className="text-muted tabular-nums" data-testid="download-state">
            {stateText(job, now)}
          </p>
        </div>
        {state === 'done' && modelId !== null ? <Button onClick={() => onOpenModel(modelId)}>{t`Show`}</Button> : null}
        {!isFirst && isUnderWay(job) ? (
          <IconButton label={t`Download ${name} first`} onClick={() => attempt(prioritiseDownload)}>
            <ArrowUpToLine />
          </IconButton>
        ) : null}
        {isUnderWay(job) && state !== 'verifying' ? (
          <IconButton label={t`Pause ${name}`} onClick={() => attempt(pauseDownload)}>
            <Pause />
          </IconButton>
        ) : null}
        {state === 'paused' ? (
          <IconButton label={t`Resume ${name}`} onClick={() => attempt(resumeDownload)}>
            <Play />
          </IconButton>
        ) : null}
        <IconButton
          label={state === 'done' ? t`Take ${name} from this list` : t`Remove ${name}`}
          onClick={() => (state === 'done' ? attempt(removeDownload) : setAsking(true))}
        >
          <X />
        </IconButton>
      </div>
      {state === 'done' ? null : (
        <ProgressBar
          label={t`Download of ${name}`}
          share={state === 'verifying' || state === 'checking' ? null : shareOf(job)}
          quiet={state === 'paused' || state === 'failed' || state === 'queued'}
          className="mt-2.5"
        />
      )}
      <SourceNote from={job.from} passedOver={job.passedOver} className="mt-1.5" />
      {message ? (
        <ErrorNote message={message} className="mt-3">
          {state === 'failed' ? <Button onClick={() => attempt(resumeDownload)}>{t`Resume`}</Button> : null}
        </ErrorNote>
      ) : null}
      <Disclosure label={<span className="text-muted">{counted(files.length, 'file')}</span>} className="mt-1.5">
        <ul className="pb-1 pl-5">
          {files.map((file) => (
            <li key={file.path} className="flex gap-4 py-0.5">
              <span className="min-w-0 flex-1 font-mono text-small [overflow-wrap:anywhere]">{file.path}</span>
              <span className="shrink-0 text-muted tabular-nums">
                {file.doneBytes < file.bytes
                  ? t`${percent(file.bytes > 0 ? file.doneBytes / file.bytes : 0)} of ${bytes(file.bytes)}`
                  : bytes(file.bytes)}
              </span>
            </li>
          ))}
        </ul>
      </Disclosure>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={t`Remove the download of ${name}?`}
        description={
          job.doneBytes > 0
            ? t`What is there of it, ${bytes(job.doneBytes)}, is deleted.`
            : t`Nothing of it has arrived yet.`
        }
        action={t`Remove`}
        onConfirm={() => removeDownload(id)}
      />
    </li>
  )
}

/** The time in ms, renewed every second while `isNeeded`. */
function useSecond(isNeeded: boolean): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!isNeeded) return
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [isNeeded])
  return now
}
