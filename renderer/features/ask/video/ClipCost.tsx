import type { ReactNode } from 'react'
import type { VideoPlan } from '#contract'
import { Button } from '../../../components/primitives/Button.tsx'
import { count, counted, timeLeft, tokens } from '../../../lib/format.ts'
import type { Clip } from './clip.ts'

type Proposal = NonNullable<VideoPlan['proposal']>

const rates = new Intl.NumberFormat(undefined, { maximumFractionDigits: 3 })
const perSecond = (fps: number): string => `${rates.format(fps)} ${fps === 1 ? 'frame' : 'frames'} per second`

/** What a video costs: frames, tokens, time. Where it does not fit, what would. */
export function ClipCost({
  clip,
  cost,
  onAccept,
}: {
  clip: Clip
  cost: number | null
  onAccept: (proposal: Proposal) => void
}): ReactNode {
  const { plan, pictures } = clip
  if (pictures)
    return cost === null ? null : (
      <p className="text-ink tabular-nums">{`${counted(pictures.length, 'frame')} · ${tokens(cost)}`}</p>
    )
  if (!plan) return clip.error === null ? <p className="text-muted">Choosing the frames…</p> : null
  const { sample, proposal, fits, encodeMs, room } = plan
  const facts = [
    counted(sample.indices.length, 'frame'),
    `${sample.width} × ${sample.height}`,
    tokens(plan.tokens),
    ...(encodeMs === null ? [] : [`${timeLeft(encodeMs / 1000)} to look at`]),
  ]
  return (
    <div className="flex flex-col gap-2">
      <p className="text-ink tabular-nums" data-testid="clip-cost">
        {facts.join(' · ')}
      </p>
      {fits ? null : (
        <div
          role="alert"
          className="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-lg bg-warning-soft px-3 py-2.5"
        >
          <p className="min-w-[12rem] flex-1 tabular-nums">
            This needs {tokens(plan.tokens)}; {count(Math.max(0, room))} are free.{' '}
            {proposal
              ? `At ${perSecond(proposal.fps)}${proposal.budget.maxPixels < sample.width * sample.height ? ' and with less detail' : ''} it fits: ${counted(proposal.frames, 'frame')}, ${tokens(proposal.tokens)}.`
              : 'Choose a shorter part of it, or start a new conversation.'}
          </p>
          {proposal ? <Button onClick={() => onAccept(proposal)}>Use that</Button> : null}
        </div>
      )}
    </div>
  )
}
