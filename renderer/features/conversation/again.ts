import type { Message, Remedy, Variation } from '#contract'
import { useEffect, useRef, useState } from 'react'
import { toAppError } from '../../lib/errors.ts'
import type { Rereading } from '../../lib/video/index.ts'
import { countAfter, tellLeft } from './doing.ts'
import { goOn, retry } from './store.ts'

/** Asks for an answer once more. */
export interface Again {
  /** Why that was refused last; null: it was not. */
  readonly refusal: string | null
  /** The video whose frames are read once more before; null: none is. */
  readonly reading: Rereading | null
  /** `remedy`: what is changed first; `variation`: how this one is answered otherwise. */
  readonly ask: (how?: { readonly remedy?: Remedy | undefined; readonly variation?: Variation | undefined }) => void
  /** Goes on with an answer that did not come to its end. */
  readonly goOn: () => void
  /** Gives it up. */
  readonly cancel: () => void
}

/**
 * Answers the question of a message again, or the question itself; what goes on for that ends with the place where it is asked.
 */
export function useAgain(message: Message): Again {
  const { id } = message
  const [refusal, setRefusal] = useState<string | null>(null)
  const [reading, setReading] = useState<Rereading | null>(null)
  const asking = useRef<AbortController | null>(null)
  const cancel = (): void => asking.current?.abort()
  useEffect(() => () => asking.current?.abort(), [])
  const ask = async ({ remedy, variation }: NonNullable<Parameters<Again['ask']>[0]> = {}): Promise<void> => {
    cancel()
    const abort = new AbortController()
    asking.current = abort
    setRefusal(null)
    const after = countAfter(id)
    try {
      await retry(id, { remedy, variation, signal: abort.signal, onReading: setReading })
      tellLeft(message, after)
    } catch (thrown) {
      if (!abort.signal.aborted) setRefusal(toAppError(thrown).message)
    }
  }
  const onward = (): void => {
    cancel()
    setRefusal(null)
    goOn(id).catch((thrown: unknown) => setRefusal(toAppError(thrown).message))
  }
  return { refusal, reading, ask: (how) => void ask(how), goOn: onward, cancel }
}
