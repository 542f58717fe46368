import { Eye, HardDrive, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '../../components/primitives/Button.tsx'

const promises = [
  { Icon: Eye, text: 'Drop a photo, a screenshot or a page and ask about it.' },
  { Icon: HardDrive, text: 'Pictures, questions and answers stay on this computer. There is no account.' },
  { Icon: WifiOff, text: 'Once a model is here, it works without the internet.' },
]

/** What Sightline is, and that nothing leaves this computer. */
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
