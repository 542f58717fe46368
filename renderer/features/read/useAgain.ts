import { useEffect, useRef, useState } from 'react'
import type { Remedy } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import type { Rereading } from '../../lib/video/index.ts'
import { retry } from './store.ts'

/** Asking for an answer once more. */
export interface Again {
  /** Why that was refused last; null: it was not. */
  readonly refusal: string | null
  /** The video whose frames are read once more before; null: none is. */
  readonly reading: Rereading | null
  readonly ask: (remedy?: Remedy) => void
  /** Gives it up. */
  readonly cancel: () => void
}

/** Answers the question of a message again; what goes on for that ends with the place where it is asked. */
export function useAgain(messageId: string): Again {
  const [refusal, setRefusal] = useState<string | null>(null)
  const [reading, setReading] = useState<Rereading | null>(null)
  const asking = useRef<AbortController | null>(null)
  const cancel = (): void => asking.current?.abort()
  useEffect(() => cancel, [])
  const ask = async (remedy?: Remedy): Promise<void> => {
    cancel()
    const abort = new AbortController()
    asking.current = abort
    setRefusal(null)
    try {
      await retry(messageId, { remedy, signal: abort.signal, onReading: setReading })
    } catch (thrown) {
      if (!abort.signal.aborted) setRefusal(toAppError(thrown).message)
    }
  }
  return { refusal, reading, ask: (remedy) => void ask(remedy), cancel }
}
