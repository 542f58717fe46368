import { t } from '@lingui/core/macro'
import type { DownloadSelection, ErrorInfo, Recommendation } from '#contract'
import { Eye, HardDrive, WifiOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { create } from 'zustand'
import { Button } from '../../components/primitives/Button.tsx'
import { ErrorNote, ProgressBar } from '../../components/primitives/Feedback.tsx'
import { cx } from '../../lib/cx.ts'
import { toAppError } from '../../lib/errors.ts'
import { bytes } from '../../lib/format.ts'
import { call } from '../../lib/rpc.ts'

/** The third is the window itself, with its questions on sample pictures. */
const STEPS = 3

/** The first start: an introduction and the choice of a model. One click skips it. */
export function FirstRun({
  icon,
  onDownload,
  onDone,
}: {
  /** Address of the app's icon. */
  icon: string
  /** Queues a download. Rejects with `AppError`. */
  onDownload: (selection: DownloadSelection) => Promise<void>
  onDone: () => void
}): ReactNode {
  const [step, setStep] = useState(0)
  useEffect(() => {
    document.title = 'Sightline'
    void loadRecommendation()
  }, [])
  return (
    <main aria-label={t`First start`} className="flex h-full flex-col bg-canvas">
      <header className="flex h-12 shrink-0 items-center justify-end px-2">
        <Button kind="quiet" onClick={onDone}>{t`Skip`}</Button>
      </header>
      <div className="flex min-h-0 flex-1 flex-col overflow-y-auto">
        <div className="m-auto w-full">
          {step === 0 ? (
            <Welcome icon={icon} onNext={() => setStep(1)} />
          ) : (
            <FirstModel onDownload={onDownload} onNext={onDone} />
          )}
        </div>
      </div>
      <footer
        className="flex h-14 shrink-0 items-center justify-center gap-2"
        aria-label={t`Step ${step + 1} of ${STEPS}`}
        role="group"
      >
        {Array.from({ length: STEPS }, (_, i) => (
          <span key={i} className={cx('size-1.5 rounded-full', i === step ? 'bg-accent' : 'bg-active')} aria-hidden />
        ))}
      </footer>
    </main>
  )
}

const promises = [
  { Icon: Eye, text: t`Drop a photo, a screenshot or a page and ask about it.` },
  { Icon: HardDrive, text: t`Pictures, questions and answers stay on this computer. There is no account.` },
  { Icon: WifiOff, text: t`Once a model is here, it works without the internet.` },
]

/** Introduces Sightline, and says that nothing leaves this computer. */
function Welcome({ icon, onNext }: { icon: string; onNext: () => void }): ReactNode {
  return (
    <section aria-labelledby="welcome" className="mx-auto w-full max-w-[460px] px-6 py-8">
      <img src={icon} alt="" width={44} height={44} className="mb-5" />
      <h1 id="welcome" className="text-title font-semibold tracking-tight">{t`Ask about what you see`}</h1>
      <p className="mt-1 text-read text-muted">{t`Sightline is a chat that looks at pictures, with a model that runs on your own computer.`}</p>
      <ul className="mt-6 flex flex-col gap-4 text-read">
        {promises.map(({ Icon, text }) => (
          <li key={text} className="flex items-start gap-3">
            <Icon className="mt-0.5 size-5 shrink-0 text-accent" strokeWidth={1.75} aria-hidden />
            {text}
          </li>
        ))}
      </ul>
      <Button kind="primary" className="mt-8 h-9! px-5!" onClick={onNext} autoFocus>{t`Continue`}</Button>
    </section>
  )
}

/** The model to begin with: `undefined` while it is asked, null when none fits this computer. */
const useRecommendation = create<{ recommendation: Recommendation | null | undefined; error: ErrorInfo | null }>(
  () => ({
    recommendation: undefined,
    error: null,
  }),
)

/** Asks which model suits this computer; a failure is kept in the store. */
async function loadRecommendation(): Promise<void> {
  useRecommendation.setState({ recommendation: undefined, error: null })
  try {
    useRecommendation.setState({ recommendation: await call((core) => core.catalogue.recommend()) })
  } catch (thrown) {
    useRecommendation.setState({ error: toAppError(thrown).toInfo() })
  }
}

/** The model that suits this computer, to download and use, or the demo model that is already here. */
function FirstModel({
  onDownload,
  onNext,
}: {
  onDownload: (selection: DownloadSelection) => Promise<void>
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
      <h1 id="first-model" className="text-title font-semibold tracking-tight">{t`A model for this computer`}</h1>
      <p className="mt-1 text-read text-muted">{t`The model is what looks and answers. It is downloaded once; you can change it at any time.`}</p>
      <div className="mt-6 rounded-lg border border-hairline bg-raised p-4" aria-live="polite">
        {error ? (
          <>
            <p className="font-medium">{t`The list of models cannot be reached`}</p>
            <p className="mt-1 text-muted">{error.message}</p>
            <p className="mt-2 text-muted">{t`That is no hindrance: start with the demo model and get a real one later under Models.`}</p>
            <Button className="mt-3" onClick={() => void loadRecommendation()}>{t`Try again`}</Button>
          </>
        ) : recommendation === undefined ? (
          <>
            <p className="mb-3 text-muted">{t`Looking at what this computer has…`}</p>
            <ProgressBar label={t`Choosing a model`} share={null} />
          </>
        ) : recommendation === null ? (
          <>
            <p className="font-medium">{t`No model of the list fits this computer`}</p>
            <p className="mt-1 text-muted">{t`Each needs more memory than is free. Close other programs and look again under Models, or start with the demo model.`}</p>
          </>
        ) : (
          <>
            <p className="text-read font-semibold">{recommendation.name}</p>
            <p className="text-muted tabular-nums">{t`${recommendation.quantization} · ${bytes(recommendation.downloadBytes)} to download`}</p>
            <p className="mt-2">{recommendation.reason}</p>
          </>
        )}
      </div>
      {failure ? <ErrorNote message={failure} className="mt-3" /> : null}
      <div className="mt-6 flex flex-wrap gap-2">
        {recommendation ? (
          <Button
            kind="primary"
            className="h-9! px-5!"
            disabled={busy}
            onClick={() => void download()}
          >{t`Download and use`}</Button>
        ) : null}
        <Button
          kind={recommendation ? 'plain' : 'primary'}
          className="h-9! px-4!"
          onClick={onNext}
        >{t`Start with the demo model`}</Button>
      </div>
      <p className="mt-3 text-small text-subtle">
        {recommendation
          ? t`It goes on in the background; until it is there, the demo model answers. The demo model knows simple drawings only.`
          : t`The demo model knows simple drawings only.`}
      </p>
    </section>
  )
}
