import type { Download } from '#contract'
import { bytes, timeLeft } from '../../lib/format.ts'

/** The state of a download as a line: "1.2 GB of 1.9 GB, 24 MB/s, about 2 min left". `now` in ms. */
export function stateText(job: Download, now: number): string {
  const amount = `${bytes(job.doneBytes)} of ${bytes(job.bytes)}`
  switch (job.state) {
    case 'queued':
      return job.doneBytes > 0 ? `Waits for the others, ${amount}` : `Waits for the others, ${bytes(job.bytes)}`
    case 'checking':
      return `Looks at the files before they are fetched, ${bytes(job.bytes)}`
    case 'running': {
      const speed = job.bytesPerSecond === null ? null : `${bytes(job.bytesPerSecond)}/s`
      const left = job.secondsLeft === null ? null : `${timeLeft(job.secondsLeft)} left`
      return [amount, speed, left].filter(Boolean).join(', ')
    }
    case 'retrying': {
      const seconds = job.retryAt === null ? 0 : Math.ceil((job.retryAt - now) / 1000)
      return `The connection was lost. Tries again ${seconds > 1 ? `in ${timeLeft(seconds)}` : 'now'}, ${amount} are kept`
    }
    case 'paused':
      return `Paused, ${amount}`
    case 'verifying':
      return 'Checking that the files are what they should be'
    case 'failed':
      return `Stopped, ${amount} are kept`
    case 'done':
      return `Downloaded and verified, ${bytes(job.bytes)}`
  }
}
