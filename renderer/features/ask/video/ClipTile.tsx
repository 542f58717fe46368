import { t } from '@lingui/core/macro'
import { ChevronLeft, ChevronRight, Clapperboard, Play, TriangleAlert, X } from 'lucide-react'
import { useState } from 'react'
import type { ReactNode } from 'react'
import { NumberBadge } from '../../../components/primitives/Badge.tsx'
import { later } from '../../../components/primitives/later.tsx'
import { mediumName } from '../../../lib/conversation/numbers.ts'
import { cx } from '../../../lib/cx.ts'
import { clock, counted, percent, tokens } from '../../../lib/format.ts'
import { frameUrl, useHost } from '../../../lib/host.ts'
import type { Picture } from '../draft.ts'
import { tileProps, tileTool } from '../tile.ts'
import { clipDuration, clipShare, clipWaits } from './clip.ts'
import type { Clip } from './clip.ts'

const ClipDialog = later(() => import('./ClipDialog.tsx').then(({ ClipDialog }) => ClipDialog))

/** What is said under the poster: the cost, or what is wrong. */
function foot({ clip, tokens: cost }: { clip: Clip; tokens: number | null }): { words: string; isBad: boolean } {
  if (clip.error) return { words: t`Not read`, isBad: true }
  if (clip.plan && !clip.plan.fits) return { words: t`Too long`, isBad: true }
  return { words: cost === null ? '' : tokens(cost), isBad: false }
}

/** A video of the question: its poster with how long it is, how far it is read, its cost, and tools; opens to be trimmed. */
export function ClipTile({
  conversationId,
  picture,
  clip,
  index,
  number,
  isNumbered,
  total,
  working,
  dragged,
  onMove,
  onStep,
  onRemove,
  onDrag,
}: {
  conversationId: string | null
  picture: Picture
  clip: Clip
  index: number
  /** By which the model will know it among the videos. */
  number: number
  isNumbered: boolean
  total: number
  working: boolean
  dragged: boolean
  onMove: (to: number) => void
  onStep: (by: 1 | -1) => void
  onRemove: () => void
  onDrag: (active: boolean) => void
}): ReactNode {
  const host = useHost((state) => state.host)
  const [open, setOpen] = useState(false)
  const duration = clipDuration(clip)
  const share = clipShare(clip)
  const waits = clipWaits(clip, picture.attachment !== null)
  const notes = clip.facts?.notes?.join(' ') ?? ''
  const { words, isBad } = foot({ clip, tokens: picture.tokens })
  const busy = (waits !== null && !isBad) || working
  const first = clip.frames && clip.frames.missing[0] !== 0 && host ? frameUrl(host, clip.frames.key, 0) : ''
  const poster = clip.overview[0]?.url ?? (picture.preview || first)
  return (
    <li
      {...tileProps(picture.key, { index, total, onMove, onStep, onRemove, onDrag, onEnter: () => setOpen(true) })}
      aria-label={
        total > 1
          ? t`Video ${number}, ${index + 1} of ${total}: ${picture.name}. Enter opens it, Delete removes it`
          : t`Video ${number}: ${picture.name}. Enter opens it, Delete removes it`
      }
      aria-busy={busy}
      title={[picture.name, waits ?? notes].filter(Boolean).join(' · ')}
      className={cx(
        'flex flex-col overflow-hidden rounded-md border bg-mat',
        dragged ? 'border-accent opacity-60' : isBad ? 'border-danger' : 'border-hairline',
      )}
    >
      <div className="relative h-24 max-w-44 min-w-28">
        <button
          type="button"
          aria-label={t`Open video ${number}: ${picture.name}`}
          className="flex h-full w-full items-center justify-center"
          onClick={() => setOpen(true)}
        >
          {poster === '' ? (
            <Clapperboard className="size-6 text-subtle" aria-hidden />
          ) : (
            <img src={poster} alt="" draggable={false} className="max-h-24 max-w-44 object-contain" />
          )}
          {poster === '' ? null : (
            <span
              className="absolute inset-0 m-auto flex size-8 items-center justify-center rounded-full bg-[oklch(0.2_0_0/0.6)] text-[white]"
              aria-hidden
            >
              <Play className="ml-0.5 size-4" fill="currentColor" strokeWidth={0} />
            </span>
          )}
        </button>
        {isNumbered ? <NumberBadge>{mediumName('video', number)}</NumberBadge> : null}
        {duration === null ? null : (
          <span className="pointer-events-none absolute bottom-1.5 left-1 rounded-[4px] bg-[oklch(0.2_0_0/0.7)] px-1 text-[0.6875rem] leading-4 text-[white] tabular-nums">
            {clip.pictures ? counted(clip.pictures.length, 'frame') : clock(duration)}
          </span>
        )}
        <button
          type="button"
          className={cx(tileTool, 'absolute top-1 right-1 border border-hairline bg-raised')}
          aria-label={t`Remove video ${number}`}
          onClick={onRemove}
        >
          <X />
        </button>
        {busy ? (
          <span
            role="progressbar"
            aria-label={t`Reading video ${number}`}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={share === null ? undefined : Math.floor(share * 100)}
            aria-valuetext={share === null ? (waits ?? undefined) : percent(share)}
            className={share === null ? 'work-edge' : 'absolute inset-x-0 bottom-0 h-0.5 bg-accent/25'}
          >
            {share === null ? null : (
              <span className="block h-full origin-left bg-accent" style={{ transform: `scaleX(${share})` }} />
            )}
          </span>
        ) : null}
      </div>
      <div className="flex h-6 items-center justify-between border-t border-hairline bg-raised">
        {total > 1 ? (
          <button
            type="button"
            className={tileTool}
            aria-label={t`Move video ${number} earlier`}
            disabled={index === 0}
            onClick={() => onMove(index - 1)}
          >
            <ChevronLeft />
          </button>
        ) : null}
        <button
          type="button"
          onClick={() => setOpen(true)}
          aria-label={words === '' ? t`Frames of video ${number}` : t`Frames of video ${number}, ${words}`}
          className={cx(
            'min-w-0 flex-1 self-stretch truncate px-1 text-center text-small tabular-nums hover:bg-hover hover:text-ink',
            isBad ? 'text-danger' : 'text-muted',
          )}
        >
          {notes === '' ? null : (
            <TriangleAlert role="img" aria-label={notes} className="mr-1 inline size-3.5 text-warning" />
          )}
          {words}
        </button>
        {total > 1 ? (
          <button
            type="button"
            className={tileTool}
            aria-label={t`Move video ${number} later`}
            disabled={index === total - 1}
            onClick={() => onMove(index + 1)}
          >
            <ChevronRight />
          </button>
        ) : null}
      </div>
      <ClipDialog conversationId={conversationId} picture={picture} clip={clip} open={open} onOpenChange={setOpen} />
    </li>
  )
}
