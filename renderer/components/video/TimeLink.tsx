import { t } from '@lingui/core/macro'
import { Play } from 'lucide-react'
import { createContext, use, type ReactNode } from 'react'
import { clock } from '../../lib/format.ts'

/** The video that an answer is about. Times in seconds from what the model saw first. */
export interface TimeLinks {
  readonly play: (from: number, to: number | null) => void
}

export const TimeContext = createContext<TimeLinks | null>(null)

/**
 * A time that an answer names: plays the video from there, a stretch to its end. Outside of such an answer it is text.
 */
export function TimeLink({ from, to, children }: { from: number; to: number | null; children: ReactNode }): ReactNode {
  const links = use(TimeContext)
  if (!links) return <span>{children}</span>
  const range =
    to === null ? t`from ${clock(from * 1000, true)}` : t`from ${clock(from * 1000, true)} to ${clock(to * 1000, true)}`
  return (
    <button
      type="button"
      data-time-link={from}
      title={t`Play ${range}`}
      onClick={() => links.play(from, to)}
      className="inline-flex items-baseline gap-1 rounded-[4px] bg-accent-soft px-1 align-baseline whitespace-nowrap text-accent tabular-nums hover:bg-active"
    >
      <Play className="size-2.5 shrink-0 self-center" fill="currentColor" strokeWidth={0} aria-hidden />
      {children}
    </button>
  )
}
