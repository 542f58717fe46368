import { useEffect, useState, type ReactNode } from 'react'
import { FrameStrip } from '../../../components/video/FrameStrip.tsx'
import { bytes, clock, counted } from '../../../lib/format.ts'
import { frameUrl, pictureUrl, useHost } from '../../../lib/host.ts'
import { FilePlayer } from './FilePlayer.tsx'
import { FramesPlayer } from './FramesPlayer.tsx'
import { MarksOnVideo } from './MarksOnVideo.tsx'
import { forgetPlayRequest, playFrom, usePlayRequest } from './playback.ts'
import { frameAt, seenPart, type VideoPart } from './seenVideo.ts'
import { TimeLink } from '../../../components/video/TimeLink.tsx'
import type { TimeMark } from '../../../lib/grounding/index.ts'

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
export function VideoBlock({ id, part }: { id: string; part: VideoPart }): ReactNode {
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
    <figure aria-label={`Video: ${name}`} className="flex max-w-[min(560px,100%)] min-w-0 flex-col items-end gap-1.5">
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
      </div>
      <figcaption
        className="max-w-full truncate text-small text-muted tabular-nums"
        title={
          part.type === 'video'
            ? `${part.attachment.width} × ${part.attachment.height} · ${bytes(part.attachment.bytes)}`
            : undefined
        }
      >
        {caption(part)}
        {part.type === 'video' && !isPlayable ? ' · this window cannot play the file' : ''}
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
