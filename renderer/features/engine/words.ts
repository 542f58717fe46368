import type { EngineStatus } from '#contract'
import { percent } from '../../lib/format.ts'

/** How the engine's state is told and coloured. */
export interface StatusWords {
  readonly label: string
  readonly tone: 'ok' | 'busy' | 'quiet' | 'bad'
}

/** The engine's state in the user's words. */
export function statusWords(status: EngineStatus): StatusWords {
  switch (status.state) {
    case 'ready':
      return { label: 'Ready', tone: 'ok' }
    case 'loading':
      return { label: status.progress === null ? 'Loading' : `Loading ${percent(status.progress)}`, tone: 'busy' }
    case 'restarting':
      return { label: 'Restarting', tone: 'busy' }
    case 'failed':
      return { label: 'Not working', tone: 'bad' }
    case 'off':
      return { label: 'Loads with the first question', tone: 'quiet' }
  }
}
