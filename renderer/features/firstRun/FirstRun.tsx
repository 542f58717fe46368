import { useEffect, useState, type ReactNode } from 'react'
import type { DownloadWish } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { cx } from '../../lib/cx.ts'
import { FirstModel } from './FirstModel.tsx'
import { loadRecommendation } from './store.ts'
import { Welcome } from './Welcome.tsx'

/** The third is the window itself, with its questions on sample pictures. */
const STEPS = 3

/** What comes before the first question: what this is, and a model for this computer. One click leaves it. */
export function FirstRun({
  icon,
  onDownload,
  onDone,
}: {
  /** Address of the app's icon. */
  icon: string
  /** Queues a download. Rejects with `AppError`. */
  onDownload: (wish: DownloadWish) => Promise<void>
  onDone: () => void
}): ReactNode {
  const [step, setStep] = useState(0)
  useEffect(() => {
    document.title = 'Sightline'
    void loadRecommendation()
  }, [])
  return (
    <main aria-label="First start" className="flex h-full flex-col bg-canvas">
      <header className="flex h-12 shrink-0 items-center justify-end px-2">
        <Button kind="quiet" onClick={onDone}>
          Skip
        </Button>
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
        aria-label={`Step ${step + 1} of ${STEPS}`}
        role="group"
      >
        {Array.from({ length: STEPS }, (_, i) => (
          <span key={i} className={cx('size-1.5 rounded-full', i === step ? 'bg-accent' : 'bg-active')} aria-hidden />
        ))}
      </footer>
    </main>
  )
}
