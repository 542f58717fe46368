import { useState, type ReactNode } from 'react'
import type { DownloadWish, ErrorInfo, Recommendation } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote } from '../../components/primitives/ErrorNote.tsx'
import { ProgressBar } from '../../components/primitives/ProgressBar.tsx'
import { toAppError } from '../../lib/errors.ts'
import { bytes } from '../../lib/format.ts'
import { create } from 'zustand'
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

/** The model that suits this computer, to download and use, or the demo model that is already here. */
export function FirstModel({
  onDownload,
  onNext,
}: {
  onDownload: (wish: DownloadWish) => Promise<void>
  onNext: () => void
}): ReactNode {
  const { recommendation, error } = useRecommendation()
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const download = async (): Promise<void> => {
    if (!recommendation) return
    setBusy(true)
    setFailure(null)
    try {
      await onDownload({ entryId: recommendation.entryId, quantization: recommendation.quantization })
      onNext()
    } catch (thrown) {
      setFailure(toAppError(thrown).message)
    } finally {
      setBusy(false)
    }
  }
  return (
    <section aria-labelledby="first-model" className="mx-auto w-full max-w-[460px] px-6 py-8">
      <h1 id="first-model" className="text-title font-semibold tracking-tight">
        A model for this computer
      </h1>
      <p className="mt-1 text-read text-muted">
        The model is what looks and answers. It is downloaded once; you can change it at any time.
      </p>
      <div className="mt-6 rounded-lg border border-hairline bg-raised p-4" aria-live="polite">
        {error ? (
          <>
            <p className="font-medium">The list of models cannot be reached</p>
            <p className="mt-1 text-muted">{error.message}</p>
            <p className="mt-2 text-muted">
              That is no hindrance: start with the demo model and get a real one later under Models.
            </p>
            <Button className="mt-3" onClick={() => void loadRecommendation()}>
              Try again
            </Button>
          </>
        ) : recommendation === undefined ? (
          <>
            <p className="mb-3 text-muted">Looking at what this computer has…</p>
            <ProgressBar label="Choosing a model" share={null} />
          </>
        ) : recommendation === null ? (
          <>
            <p className="font-medium">No model of the list fits this computer</p>
            <p className="mt-1 text-muted">
              Each needs more memory than is free. Close other programs and look again under Models, or start with the
              demo model.
            </p>
          </>
        ) : (
          <>
            <p className="text-read font-semibold">{recommendation.name}</p>
            <p className="text-muted tabular-nums">
              {recommendation.quantization} · {bytes(recommendation.downloadBytes)} to download
            </p>
            <p className="mt-2">{recommendation.reason}</p>
          </>
        )}
      </div>
      {failure ? <ErrorNote message={failure} className="mt-3" /> : null}
      <div className="mt-6 flex flex-wrap gap-2">
        {recommendation ? (
          <Button kind="primary" className="h-9! px-5!" disabled={busy} onClick={() => void download()}>
            Download and use
          </Button>
        ) : null}
        <Button kind={recommendation ? 'plain' : 'primary'} className="h-9! px-4!" onClick={onNext}>
          Start with the demo model
        </Button>
      </div>
      <p className="mt-3 text-small text-subtle">
        {recommendation ? 'It goes on in the background; until it is there, the demo model answers. ' : ''}The demo
        model knows simple drawings only.
      </p>
    </section>
  )
}
