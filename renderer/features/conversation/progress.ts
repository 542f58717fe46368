import type { Progress } from '#contract'
import { count, percent } from '../../lib/format.ts'

/** The engine's progress before the first token, as text for the user. */
export function progressText(progress: Progress | undefined): string {
  if (!progress) return 'Starting'
  const { phase, done, total } = progress
  const share = total > 0 ? done / total : 0
  switch (phase) {
    case 'waiting':
      return 'Waiting for another answer'
    case 'loading':
      return total > 0 ? `Loading the model ${percent(share)}` : 'Loading the model'
    case 'encoding':
      return total > 1
        ? `Reading picture ${count(Math.min(total, Math.floor(done) + 1))} of ${count(total)}`
        : 'Reading the picture'
    case 'watching':
      return `Watching the video ${percent(share)}`
    case 'prefill':
      return total > 0 ? `Reading the prompt ${percent(share)}` : 'Reading the prompt'
  }
}
