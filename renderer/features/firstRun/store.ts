import { create } from 'zustand'
import type { ErrorInfo, Recommendation } from '#contract'
import { toAppError } from '../../lib/errors.ts'
import { call } from '../../lib/rpc.ts'

/** The model to begin with: `undefined` while it is asked, null when none fits this computer. */
export const useRecommendation = create<{ recommendation: Recommendation | null | undefined; error: ErrorInfo | null }>(
  () => ({
    recommendation: undefined,
    error: null,
  }),
)

/** Asks which model suits this computer; a failure is kept in the store. */
export async function loadRecommendation(): Promise<void> {
  useRecommendation.setState({ recommendation: undefined, error: null })
  try {
    useRecommendation.setState({ recommendation: await call((core) => core.catalogue.recommend()) })
  } catch (thrown) {
    useRecommendation.setState({ error: toAppError(thrown).toInfo() })
  }
}
