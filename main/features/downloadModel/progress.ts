import { isDeepStrictEqual } from 'node:util'
import type { Download } from '#contract'

/** How all downloads together are going, for a shell's taskbar and tray. */
export interface DownloadProgress {
  /** Share of the bytes of all active jobs that are there, 0..1; null when none is active. */
  readonly share: number | null
  /** Jobs that are queued, checking, running, retrying or verifying. */
  readonly active: number
  /** Jobs that failed and wait for the user. */
  readonly failed: number
  /** Nothing arrives: the active jobs wait for a connection that was lost. */
  readonly stalled: boolean
}

const activeStates: readonly Download['state'][] = ['queued', 'checking', 'running', 'retrying', 'verifying']

/** Sums up a list of jobs. */
export function progressOf(jobs: readonly Download[]): DownloadProgress {
  const active = jobs.filter(({ state }) => activeStates.includes(state))
  const has = (state: Download['state']) => active.some((job) => job.state === state)
  return {
    share: active.length === 0 ? null : shareOf(active),
    active: active.length,
    failed: jobs.filter(({ state }) => state === 'failed').length,
    stalled: has('retrying') && !has('running') && !has('checking') && !has('verifying'),
  }
}

/** Tells `listener` how the lists of `stream` sum up, whenever that changes, until the stream ends. */
export async function tellProgress(
  stream: AsyncIterable<readonly Download[]>,
  listener: (progress: DownloadProgress) => void,
): Promise<void> {
  let last: DownloadProgress | null = null
  for await (const jobs of stream) {
    const progress = progressOf(jobs)
    if (isDeepStrictEqual(progress, last)) continue
    last = progress
    listener(progress)
  }
}

function shareOf(jobs: readonly Download[]): number {
  const sum = (count: (job: Download) => number) => jobs.reduce((total, job) => total + count(job), 0)
  const bytes = sum((job) => job.bytes)
  return bytes === 0 ? 0 : Math.min(1, sum((job) => job.doneBytes) / bytes)
}
