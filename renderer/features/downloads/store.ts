import { t } from '@lingui/core/macro'
import type { Download, DownloadSelection } from '#contract'
import { create } from 'zustand'
import { announce } from '../../lib/announce.ts'
import { follow } from '../../lib/follow.ts'
import { bytes, timeLeft } from '../../lib/format.ts'
import { call, connection } from '../../lib/rpc.ts'
import { told } from '../../lib/errors.ts'

/** Every download, first of the queue first; null before the core has sent them. */
export const useDownloads = create<{ jobs: readonly Download[] | null }>(() => ({ jobs: null }))

/** Whether a download is on its way: not paused, failed or done. */
export const isUnderWay = ({ state }: Download): boolean =>
  state === 'queued' || state === 'checking' || state === 'running' || state === 'retrying' || state === 'verifying'

/** The share of the bytes that are there, 0..1. */
export const shareOf = ({ doneBytes, bytes }: Download): number => (bytes > 0 ? Math.min(1, doneBytes / bytes) : 0)

/** Keeps the downloads up to date until `signal` aborts; ends and failures are announced. */
export const followDownloads = (signal: AbortSignal): Promise<void> =>
  follow<Download[]>({
    connection,
    signal,
    subscribe: (core, round) => core.downloads.watch(undefined, { signal: round }),
    onEvent: (jobs) => {
      const before = useDownloads.getState().jobs
      useDownloads.setState({ jobs })
      for (const job of jobs) {
        const last = before?.find(({ id }) => id === job.id)?.state
        if (!last || last === job.state) continue
        if (job.state === 'done') announce(t`${job.name} is downloaded`)
        if (job.state === 'failed')
          announce(t`The download of ${job.name} has stopped. ${job.error ? told(job.error) : ''}`)
      }
    },
  })

/** Queues a model of the catalogue or of a repository. */
export const startDownload = (selection: DownloadSelection): Promise<Download> =>
  call((core) => core.downloads.start(selection))
export const pauseDownload = (id: string): Promise<void> => call((core) => core.downloads.pause({ id }))
/** Goes on with a paused or failed download. */
export const resumeDownload = (id: string): Promise<void> => call((core) => core.downloads.resume({ id }))
/** Makes it the first of the queue. */
export const prioritiseDownload = (id: string): Promise<void> => call((core) => core.downloads.prioritise({ id }))
/** Ends a download and deletes what is there of it; one that is done only leaves the list. */
export const removeDownload = (id: string): Promise<void> => call((core) => core.downloads.remove({ id }))

/** The state of a download as a line: "1.2 GB of 1.9 GB, 24 MB/s, about 2 min left". `now` in ms. */
export function stateText(job: Download, now: number): string {
  const amount = t`${bytes(job.doneBytes)} of ${bytes(job.bytes)}`
  switch (job.state) {
    case 'queued':
      return job.doneBytes > 0 ? t`Waits for the others, ${amount}` : t`Waits for the others, ${bytes(job.bytes)}`
    case 'checking':
      return t`Looks at the files before they are fetched, ${bytes(job.bytes)}`
    case 'running': {
      const speed = job.bytesPerSecond === null ? null : `${bytes(job.bytesPerSecond)}/s`
      const left = job.secondsLeft === null ? null : t`${timeLeft(job.secondsLeft)} left`
      return [amount, speed, left].filter(Boolean).join(', ')
    }
    case 'retrying': {
      const seconds = job.retryAt === null ? 0 : Math.ceil((job.retryAt - now) / 1000)
      return seconds > 1
        ? t`The connection was lost. Tries again in ${timeLeft(seconds)}, ${amount} are kept`
        : t`The connection was lost. Tries again now, ${amount} are kept`
    }
    case 'paused':
      return t`Paused, ${amount}`
    case 'verifying':
      return t`Checking that the files are what they should be`
    case 'failed':
      return t`Stopped, ${amount} are kept`
    case 'done':
      return t`Downloaded and verified, ${bytes(job.bytes)}`
  }
}
