import type { ErrorInfo, ProjectorTrial } from '#contract'
import { useEffect, useRef, useState } from 'react'
import { toAppError } from '../../../lib/errors.ts'
import { whenHost } from '../../../lib/host.ts'
import { call } from '../../../lib/rpc.ts'
import { upload } from '../../../lib/upload.ts'

/** The answer of a language model about the picture with one projector, or the error in its place. */
export interface Reading {
  readonly state: 'waiting' | 'loading' | 'answering' | 'done' | 'failed'
  readonly text: string
  readonly error: ErrorInfo | null
}

export const untried: Reading = { state: 'waiting', text: '', error: null }

/** The reading after one more step. */
export function stepped(reading: Reading, step: ProjectorTrial): Reading {
  if (step.type === 'loading') return { ...untried, state: 'loading' }
  if (step.type === 'text') return { ...reading, state: 'answering', text: reading.text + step.text }
  if (step.type === 'done') return { ...reading, state: 'done' }
  return { ...reading, state: 'failed', error: step.error }
}

export interface Trial {
  /** What was read so far, by the projector's path. */
  readonly readings: Readonly<Record<string, Reading>>
  readonly isRunning: boolean
  /** Why the trial as a whole could not go on. */
  readonly error: ErrorInfo | null
  /** Asks about `picture` with each projector; what was read before is forgotten. */
  readonly run: (picture: File, question: string) => Promise<void>
  /** Ends it; what was read stays. */
  readonly stop: () => void
}

/** Tries projectors for a language model on one picture; ends when its place in the window is left. */
export function useTrial(textPath: string, projectorPaths: readonly string[]): Trial {
  const [readings, setReadings] = useState<Readonly<Record<string, Reading>>>({})
  const [isRunning, setRunning] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])
  const run = async (file: File, question: string): Promise<void> => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    const { signal } = controller
    setReadings({})
    setError(null)
    setRunning(true)
    try {
      const { sha: picture } = await upload(await whenHost(), file, { signal })
      const steps = await call((core) =>
        core.library.tryProjectors({ textPath, projectorPaths: [...projectorPaths], picture, question }, { signal }),
      )
      for await (const step of steps) {
        if (signal.aborted) break
        setReadings((known) => ({
          ...known,
          [step.projectorPath]: stepped(known[step.projectorPath] ?? untried, step),
        }))
      }
    } catch (thrown) {
      if (!signal.aborted) setError(toAppError(thrown).toInfo())
    } finally {
      if (running.current === controller) setRunning(false)
    }
  }
  const stop = (): void => {
    running.current?.abort()
    setRunning(false)
    setReadings((known) =>
      Object.fromEntries(
        Object.entries(known).map(([path, one]) => [
          path,
          one.state === 'loading' || one.state === 'answering' ? { ...one, state: 'waiting' } : one,
        ]),
      ),
    )
  }
  return { readings, isRunning, error, run, stop }
}
