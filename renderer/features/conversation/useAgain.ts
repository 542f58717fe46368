import { useState } from 'react'
import type { Remedy } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { retry } from './store.ts'

/** Asking for an answer once more, and why that was refused last; null: it was not. */
export interface Again {
  readonly refusal: string | null
  readonly ask: (remedy?: Remedy) => void
}

/** Answers the question of a message again. */
export function useAgain(messageId: string): Again {
  const [refusal, setRefusal] = useState<string | null>(null)
  const ask = async (remedy?: Remedy): Promise<void> => {
    setRefusal(null)
    try {
      await retry(messageId, remedy)
    } catch (thrown) {
      setRefusal(toAppError(thrown).message)
    }
  }
  return { refusal, ask: (remedy) => void ask(remedy) }
}
