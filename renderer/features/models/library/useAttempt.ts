import { useState } from 'react'
import type { ErrorInfo } from '#contract'
import { toAppError } from '../../../lib/errors.ts'

/** Runs actions of one place in the window, one at a time, and keeps why the last one failed. */
export function useAttempt(): {
  busy: boolean
  error: ErrorInfo | null
  attempt: (action: () => Promise<void>) => Promise<boolean>
} {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<ErrorInfo | null>(null)
  const attempt = async (action: () => Promise<void>): Promise<boolean> => {
    setBusy(true)
    setError(null)
    try {
      await action()
      return true
    } catch (thrown) {
      setError(toAppError(thrown).toInfo())
      return false
    } finally {
      setBusy(false)
    }
  }
  return { busy, error, attempt }
}
