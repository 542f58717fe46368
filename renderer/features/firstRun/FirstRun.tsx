import { useEffect, useState, type ReactNode } from 'react'
import type { DownloadWish } from '#contract'
import { Button } from '../../components/primitives/Button.tsx'
import { cx } from '../../lib/cx.ts'
import { FirstModel, loadRecommendation } from './FirstModel.tsx'
import { Eye, HardDrive, WifiOff } from 'lucide-react'

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

const promises = [
  { Icon: Eye, text: 'Drop a photo, a screenshot or a page and ask about it.' },
  { Icon: HardDrive, text: 'Pictures, questions and answers stay on this computer. There is no account.' },
  { Icon: WifiOff, text: 'Once a model is here, it works without the internet.' },
]

/** Introduces Sightline, and says that nothing leaves this computer. */
export function Welcome({ icon, onNext }: { icon: string; onNext: () => void }): ReactNode {
  return (
    <section aria-labelledby="welcome" className="mx-auto w-full max-w-[460px] px-6 py-8">
      <img src={icon} alt="" width={44} height={44} className="mb-5" />
      <h1 id="welcome" className="text-title font-semibold tracking-tight">
        Ask about what you see
      </h1>
      <p className="mt-1 text-read text-muted">
        Sightline is a chat that looks at pictures, with a model that runs on your own computer.
      </p>
      <ul className="mt-6 flex flex-col gap-4 text-read">
        {promises.map(({ Icon, text }) => (
          <li key={text} className="flex items-start gap-3">
            <Icon className="mt-0.5 size-5 shrink-0 text-accent" strokeWidth={1.75} aria-hidden />
            {text}
          </li>
        ))}
      </ul>
      <Button kind="primary" className="mt-8 h-9! px-5!" onClick={onNext} autoFocus>
        Continue
      </Button>
    </section>
  )
}
