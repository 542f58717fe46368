import type { Size } from '#contract'
import { ScanEye } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { create } from 'zustand'
import { MarkOverlay, useShownSize } from '../../../components/marks/MarkOverlay.tsx'
import type { DrawnMark } from '../../../components/marks/MarkOverlay.tsx'
import { NumberBadge } from '../../../components/primitives/Badge.tsx'
import { IconButton } from '../../../components/primitives/Button.tsx'
import { FrameStrip } from '../../../components/video/FrameStrip.tsx'
import { TimeLink } from '../../../components/video/TimeLink.tsx'
import { mediumName } from '../../../lib/conversation/numbers.ts'
import { bytes, clock, counted } from '../../../lib/format.ts'
import { isThere } from '../../../lib/grounding/index.ts'
import type { Stretch, TimeMark } from '../../../lib/grounding/index.ts'
import { frameUrl, pictureUrl, useHost } from '../../../lib/host.ts'
import { FilePlayer, FramesPlayer } from './VideoPlayer.tsx'
import { forgetPlayRequest, frameAt, playFrom, seenPart, usePlayRequest } from './seenVideo.ts'
import type { VideoPart } from './seenVideo.ts'

/** A mark of an answer on a video, and when it is there; null: in all of it. */
export interface TimedMark extends DrawnMark {
  readonly stretch: Stretch | null
}

/** The marks of an answer on a video, in pixels of `original`. */
export interface MarksOfAnswer {
  readonly answerId: string
  readonly original: Size
  readonly marks: readonly TimedMark[]
  readonly highlighted: number | null
}

type Shown = Readonly<Record<string, readonly MarksOfAnswer[]>>

/** The marks of the answers that are shown, by the video's id, the latest answer last. */
export const useVideoMarks = create<{ readonly shown: Shown }>(() => ({ shown: {} }))

const without = (answers: readonly MarksOfAnswer[] = [], answerId: string): readonly MarksOfAnswer[] =>
  answers.filter((one) => one.answerId !== answerId)

/**
 * Draws what an answer points at over a video; it takes the place of what that answer pointed at before. Returns how to
 * take it away.
 */
export function drawOnVideo(videoId: string, own: MarksOfAnswer): () => void {
  const change = (next: (now: readonly MarksOfAnswer[] | undefined) => readonly MarksOfAnswer[]): void =>
    useVideoMarks.setState(({ shown }) => ({ shown: { ...shown, [videoId]: next(shown[videoId]) } }))
  change((now) => [...without(now, own.answerId), own])
  return () => change((now) => without(now, own.answerId))
}

/**
 * The marks of the latest answer, over the picture of a video at `second`. `step` is the time between the frames that
 * the model saw, in seconds.
 */
export function MarksOnVideo({
  id,
  second,
  step,
  aspect,
}: {
  id: string
  second: number
  step: number
  aspect: number
}): ReactNode {
  const marked = useVideoMarks(({ shown }) => shown[id]?.at(-1))
  const frame = useRef<HTMLDivElement>(null)
  const size = useShownSize(frame)
  const marks = marked?.marks.filter(({ stretch }) => isThere(stretch, second, step)) ?? []
  const isLit = marks.some(({ number }) => number === marked?.highlighted)
  return (
    <div ref={frame} className="pointer-events-none absolute inset-x-0 top-0" style={{ aspectRatio: aspect }}>
      {marked && size.width > 0 ? (
        <MarkOverlay
          marks={marks}
          original={marked.original}
          shown={size}
          highlighted={isLit ? marked.highlighted : null}
        />
      ) : null}
    </div>
  )
}

/** The most px that a video takes. */
const MOST = { width: 420, height: 320 }

/** Which part was seen, and in how many frames. */
function caption(part: VideoPart): string {
  if (part.type === 'frames') return `${part.name} · ${clock((part.pictures.length * 1000) / part.fps, true)}`
  const { attachment, sample } = part
  const range = sample.range
    ? `${clock(sample.range.startMs, true)}–${clock(sample.range.endMs, true)} of ${clock(attachment.durationMs)}`
    : clock(attachment.durationMs)
  return `${attachment.name} · ${range} · ${counted(sample.indices.length, 'frame')} seen`
}

/** A video of a question: it plays, and under it stand the frames that the model saw. */
export function VideoBlock({
  id,
  part,
  number,
  onInput,
}: {
  id: string
  part: VideoPart
  /** Its number among the conversation's videos; null: it needs none. */
  number: number | null
  /** Shows what the model got of it. */
  onInput: () => void
}): ReactNode {
  const host = useHost((state) => state.host)
  const request = usePlayRequest((state) => (state.request?.id === id ? state.request : null))
  const [isPlayable, setIsPlayable] = useState(true)
  const [ms, setMs] = useState<number | null>(null)
  const size = part.type === 'video' ? part.attachment : (part.pictures[0] ?? { width: 1, height: 1 })
  const scale = Math.min(
    MOST.width / size.width,
    MOST.height / size.height,
    Math.max(1, 240 / Math.max(size.width, size.height)),
  )
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)]
  const { startMs, durationMs } = seenPart(part)
  const frames =
    part.type === 'video'
      ? part.sample.timesMs.map((time, n) => ({ ms: time, url: host ? frameUrl(host, part.key, n) : '' }))
      : part.pictures.map(({ sha }, n) => ({ ms: (n * 1000) / part.fps, url: pictureUrl(host, sha, 'thumb') ?? '' }))
  const name = part.type === 'video' ? part.attachment.name : part.name
  // a player's clock begins with the file, what the model saw where it was cut
  const offset = part.type === 'video' ? part.attachment.startMs : 0
  useEffect(() => () => forgetPlayRequest(id), [id])
  if (!host) return null
  return (
    <figure
      aria-label={`${number === null ? 'Video' : mediumName('video', number)}: ${name}`}
      data-file={name}
      className="flex max-w-[min(560px,100%)] min-w-0 flex-col items-end gap-1.5"
    >
      <div className="relative w-fit max-w-full">
        {part.type === 'video' && isPlayable ? (
          <FilePlayer
            name={name}
            url={pictureUrl(host, part.attachment.sha) ?? ''}
            poster={pictureUrl(host, part.attachment.sha, 'thumb')}
            width={width}
            height={height}
            request={request}
            onTime={setMs}
            onFailed={() => setIsPlayable(false)}
          />
        ) : (
          <FramesPlayer
            name={name}
            frames={frames}
            endMs={startMs + durationMs}
            offsetMs={offset}
            width={width}
            height={height}
            request={request}
            onTime={setMs}
          />
        )}
        <MarksOnVideo
          id={id}
          second={((ms ?? startMs) - startMs) / 1000}
          step={1 / (part.type === 'video' ? part.sample.fps : part.fps)}
          aspect={width / height}
        />
        {number === null ? null : <NumberBadge>{mediumName('video', number)}</NumberBadge>}
      </div>
      <figcaption
        className="flex max-w-full items-center gap-1 text-small text-muted tabular-nums"
        title={
          part.type === 'video'
            ? `${part.attachment.width} × ${part.attachment.height} · ${bytes(part.attachment.bytes)}`
            : undefined
        }
      >
        <span className="min-w-0 truncate">
          {caption(part)}
          {part.type === 'video' && !isPlayable ? ' · this window cannot play the file' : ''}
        </span>
        <IconButton label="What the model saw" size="small" onClick={onInput} className="print:hidden">
          <ScanEye />
        </IconButton>
      </figcaption>
      <FrameStrip
        label="Frames that the model saw"
        frames={frames.map((frame) => ({ url: frame.url, ms: frame.ms - offset }))}
        aspect={size.width / size.height}
        current={
          ms === null
            ? null
            : frameAt(
                frames.map((frame) => frame.ms),
                ms,
              )
        }
        onPick={(index) => playFrom(id, frames[index]?.ms ?? 0, frames[index]?.ms ?? 0)}
      />
    </figure>
  )
}

/** The times of an answer that stand where no links can: in code and in tables. Each once, in their order. */
export function TimeRow({ text, times }: { text: string; times: readonly TimeMark[] }): ReactNode {
  const once = [...new Map(times.map((time) => [`${time.from}-${time.to}`, time])).values()].sort(
    (a, b) => a.from - b.from,
  )
  if (once.length === 0) return null
  return (
    <div className="flex flex-wrap items-center gap-1.5 text-ui" role="group" aria-label="Times in this answer">
      {once.map(({ from, to, start, end }) => {
        const written = text.slice(start, end)
        return (
          <TimeLink key={`${from}-${to}`} from={from} to={to}>
            {/^[\d.]+$/.test(written) ? clock(from * 1000, true) : written}
          </TimeLink>
        )
      })}
    </div>
  )
}
