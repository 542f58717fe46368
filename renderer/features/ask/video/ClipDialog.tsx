import { plural, t } from '@lingui/core/macro'
import type { VideoPlan } from '#contract'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { Button } from '../../../components/primitives/Button.tsx'
import { DialogFrame } from '../../../components/primitives/Dialog.tsx'
import { ErrorNote, ProgressBar } from '../../../components/primitives/Feedback.tsx'
import { NumberSetting, Segmented } from '../../../components/primitives/FormControls.tsx'
import { SettingRow } from '../../../components/primitives/SettingRow.tsx'
import { FrameStrip } from '../../../components/video/FrameStrip.tsx'
import type { StripFrame } from '../../../components/video/FrameStrip.tsx'
import { TrimBar } from '../../../components/video/TrimBar.tsx'
import type { Trim } from '../../../components/video/trimming.ts'
import { useFamily } from '../../../lib/detail.ts'
import { clock, count, counted, timeLeft, tokens } from '../../../lib/format.ts'
import { frameUrl, useHost } from '../../../lib/host.ts'
import { makePictures } from '../actions.ts'
import type { Picture } from '../draft.ts'
import { makeStill } from '../moving.ts'
import { FPS, clipBudget, clipDetailOf, clipDetails, clipDuration, clipShare, clipWaits } from './clip.ts'
import type { Clip } from './clip.ts'
import { changeWish, lookAround, readAgain, stopReading } from './clips.ts'

type Proposal = NonNullable<VideoPlan['proposal']>

const perSecond = (fps: number): string => plural(fps, { one: '# frame per second', other: '# frames per second' })

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
  if (!plan) return clip.error === null ? <p className="text-muted">{t`Choosing the frames…`}</p> : null
  const { sample, proposal, fits, encodeMs } = plan
  const facts = [
    counted(sample.indices.length, 'frame'),
    `${sample.width} × ${sample.height}`,
    tokens(plan.tokens),
    ...(encodeMs === null ? [] : [t`${timeLeft(encodeMs / 1000)} to look at`]),
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
          <p className="min-w-[12rem] flex-1 tabular-nums">{whatFits(plan)}</p>
          {proposal ? <Button onClick={() => onAccept(proposal)}>{t`Use that`}</Button> : null}
        </div>
      )}
    </div>
  )
}

/** What is said of a video that does not fit, and how it would. */
function whatFits({ tokens: needed, room, proposal, sample }: VideoPlan): string {
  const [wanted, free] = [tokens(needed), count(Math.max(0, room))]
  if (!proposal)
    return t`This needs ${wanted}; ${free} are free. Choose a shorter part of it, or start a new conversation.`
  const [rate, frames, taken] = [perSecond(proposal.fps), counted(proposal.frames, 'frame'), tokens(proposal.tokens)]
  return proposal.budget.maxPixels < sample.width * sample.height
    ? t`This needs ${wanted}; ${free} are free. At ${rate} and with less detail it fits: ${frames}, ${taken}.`
    : t`This needs ${wanted}; ${free} are free. At ${rate} it fits: ${frames}, ${taken}.`
}

/** How a video is shown to the model: which part of it, how many frames, how closely; and what that costs. */
export function ClipDialog({
  conversationId,
  picture,
  clip,
  open,
  onOpenChange,
}: {
  conversationId: string | null
  picture: Picture
  clip: Clip
  open: boolean
  onOpenChange: (open: boolean) => void
}): ReactNode {
  return (
    <DialogFrame open={open} onOpenChange={onOpenChange} title={picture.name} description={describe(clip)}>
      <Inside conversationId={conversationId} picture={picture} clip={clip} onClose={() => onOpenChange(false)} />
    </DialogFrame>
  )
}

/** What the file is: "1280 × 720 · 20:00 · 30 frames per second · H.264". */
function describe({ facts, codec, pictures, wish: { fps } }: Clip): string {
  if (pictures) {
    const length = clock((pictures.length * 1000) / (fps ?? FPS), true)
    return t`${counted(pictures.length, 'picture')} as a video of ${length}`
  }
  if (!facts) return t`Opening the video…`
  return [`${facts.width} × ${facts.height}`, clock(facts.durationMs), perSecond(Math.round(facts.fps)), codec]
    .filter(Boolean)
    .join(' · ')
}

const TILES = 12

/** What is shown along the bar: for each place the nearest glimpse. */
function tiles({ overview, facts }: Clip): string[] {
  if (overview.length === 0 || !facts) return []
  return Array.from({ length: TILES }, (_, i) => {
    const time = (facts.startMs + (facts.durationMs * (i + 0.5)) / TILES) / 1000
    return overview.reduce((nearest, one) =>
      Math.abs(one.time - time) < Math.abs(nearest.time - time) ? one : nearest,
    ).url
  })
}

function Inside({
  conversationId,
  picture,
  clip,
  onClose,
}: {
  conversationId: string | null
  picture: Picture
  clip: Clip
  onClose: () => void
}): ReactNode {
  const player = useRef<HTMLVideoElement>(null)
  const host = useHost((state) => state.host)
  const [plays, setPlays] = useState(true)
  const [lit, setLit] = useState<number | null>(null)
  const { facts, plan, frames, pictures } = clip
  useEffect(() => void lookAround(picture.key), [picture.key, facts])
  const share = clipShare(clip)
  const change = (to: Parameters<typeof changeWish>[2]): void => changeWish(conversationId, picture.key, to)
  const seek = (ms: number): void => {
    if (!player.current) return
    player.current.pause()
    player.current.currentTime = ms / 1000
  }
  const onTrim = (trim: Trim, at: number): void => {
    const isWhole = facts !== null && trim.start <= 0 && trim.end >= facts.durationMs
    change({ range: isWhole ? null : { startMs: trim.start, endMs: trim.end } })
    seek(at + (facts?.startMs ?? 0))
  }
  const missing = new Set(frames?.missing)
  const startMs = facts?.startMs ?? 0
  const strip: readonly StripFrame[] = pictures
    ? pictures.map(({ preview }, index) => ({ url: preview, ms: (index * 1000) / (clip.wish.fps ?? FPS) }))
    : (plan?.sample.timesMs.map((ms, n) => ({
        url: frames && host && !missing.has(n) ? frameUrl(host, frames.key, n) : null,
        ms: ms - startMs,
      })) ?? [])
  const size = plan?.sample ?? pictures?.[0]?.attachment ?? null
  return (
    <div className="flex flex-col gap-4">
      {!pictures && plays && clip.url !== '' ? (
        <video
          ref={player}
          src={clip.url}
          controls
          playsInline
          preload="metadata"
          aria-label={picture.name}
          onError={() => setPlays(false)}
          className="max-h-60 w-full rounded-md bg-mat"
        />
      ) : null}
      {facts && !pictures ? (
        <TrimBar
          duration={facts.durationMs}
          step={1000 / facts.fps}
          trim={{ start: clip.wish.range?.startMs ?? 0, end: clip.wish.range?.endMs ?? facts.durationMs }}
          pictures={tiles(clip)}
          onMove={onTrim}
        />
      ) : null}
      <div className="flex flex-col gap-2.5">
        <SettingRow label={t`Frames per second`}>
          <NumberSetting
            label={t`Frames per second`}
            value={clip.wish.fps}
            fallback={FPS}
            min={0.001}
            max={120}
            step={0.01}
            onChange={(fps) => change({ fps })}
          />
        </SettingRow>
        <SettingRow label={t`Detail of each frame`}>
          <Segmented
            label={t`Detail of each frame`}
            value={clipDetailOf(clip.wish.budget)}
            options={clipDetails}
            onChange={(detail) =>
              detail !== 'custom' && change({ budget: clipBudget(detail, useFamily.getState().family) })
            }
          />
        </SettingRow>
      </div>
      <ClipCost clip={clip} cost={picture.tokens} onAccept={({ fps, budget }) => change({ fps, budget })} />
      {strip.length > 0 && size ? (
        <FrameStrip
          label={t`Frames that will be seen`}
          frames={strip}
          aspect={size.width / size.height}
          current={lit}
          onPick={(index) => {
            setLit(index)
            seek((strip[index]?.ms ?? 0) + startMs)
          }}
        />
      ) : null}
      {facts?.notes?.map((note) => (
        <p key={note} role="note" className="text-muted">
          {note}
        </p>
      ))}
      {clip.error ? (
        <ErrorNote message={clip.error}>
          <Button onClick={() => readAgain(conversationId, picture.key)}>{t`Read again`}</Button>
        </ErrorNote>
      ) : null}
      {frames && share !== null ? (
        <div className="flex items-center gap-3">
          <ProgressBar label={t`Reading the frames`} share={share} className="flex-1" />
          <span className="text-muted tabular-nums">{clipWaits(clip, picture.attachment !== null)}</span>
          <Button onClick={() => stopReading(picture.key)}>{t`Stop reading`}</Button>
        </div>
      ) : null}
      <footer className="flex justify-end gap-2">
        {pictures ? (
          <Button
            onClick={() => {
              onClose()
              makePictures(conversationId, picture.key)
            }}
          >
            {t`Back to ${counted(pictures.length, 'picture')}`}
          </Button>
        ) : null}
        {picture.attachment?.mime.startsWith('image/') ? (
          <Button
            onClick={() => {
              onClose()
              void makeStill(conversationId, picture.key)
            }}
          >
            {t`Use only the first picture`}
          </Button>
        ) : null}
        <Button kind="primary" onClick={onClose}>
          {t`Done`}
        </Button>
      </footer>
      <p className="sr-only" role="status">
        {clipDuration(clip) === null ? '' : t`${clock(clipDuration(clip) ?? 0, true)} chosen`}
      </p>
    </div>
  )
}
