import { Pause, Play } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { IconButton } from '../../../components/primitives/Button.tsx'
import { clock } from '../../../lib/format.ts'
import { frameAt } from './seenVideo.ts'
import type { PlayRequest } from './seenVideo.ts'

/** Plays a video file with the browser's own controls; nothing plays before it is asked to. */
export function FilePlayer({
  name,
  url,
  poster,
  width,
  height,
  request,
  onTime,
  onFailed,
}: {
  name: string
  url: string
  poster: string | undefined
  width: number
  height: number
  request: PlayRequest | null
  onTime: (ms: number) => void
  onFailed: () => void
}): ReactNode {
  const player = useRef<HTMLVideoElement>(null)

  useEffect(() => {
    const video = player.current
    if (!request || !video) return
    const stop = new AbortController()
    const { toMs } = request
    video.scrollIntoView({ block: 'nearest' })
    video.currentTime = request.fromMs / 1000
    if (toMs === request.fromMs) return void video.pause()
    // what forbids it says so in its own controls
    video.play().catch(() => {})
    if (toMs !== null) {
      const onUpdate = (): void => {
        if (video.currentTime * 1000 < toMs) return
        video.pause()
        stop.abort()
      }
      video.addEventListener('timeupdate', onUpdate, { signal: stop.signal })
      video.addEventListener('seeking', () => video.currentTime * 1000 > toMs && stop.abort(), { signal: stop.signal })
    }
    return () => stop.abort()
  }, [request])

  return (
    <video
      ref={player}
      src={url}
      poster={poster}
      controls
      playsInline
      preload="metadata"
      aria-label={name}
      width={width}
      height={height}
      onTimeUpdate={(event) => onTime(event.currentTarget.currentTime * 1000)}
      onSeeked={(event) => onTime(event.currentTarget.currentTime * 1000)}
      onError={onFailed}
      className="block h-auto max-w-full rounded-lg border border-hairline bg-mat"
    />
  )
}

/** How often the player reports its time while it plays, in ms. */
const TICK_MS = 100

/** Plays frames one after the other, where there is no file or it cannot be played. `endMs`: when the last one ends. */
export function FramesPlayer({
  name,
  frames,
  endMs,
  offsetMs,
  width,
  height,
  request,
  onTime,
}: {
  name: string
  frames: readonly { readonly url: string; readonly ms: number }[]
  endMs: number
  /** Where the file's clock begins; times are shown from there. */
  offsetMs: number
  width: number
  height: number
  request: PlayRequest | null
  onTime: (ms: number) => void
}): ReactNode {
  const figure = useRef<HTMLDivElement>(null)
  const timer = useRef<ReturnType<typeof setInterval>>(undefined)
  const startMs = frames[0]?.ms ?? 0
  const [ms, setMs] = useState(startMs)
  const [isPlaying, setIsPlaying] = useState(false)
  const shown =
    frames[
      frameAt(
        frames.map((frame) => frame.ms),
        ms,
      ) ?? 0
    ]
  const show = (at: number): void => {
    setMs(at)
    onTime(at)
  }
  const stop = (): void => {
    clearInterval(timer.current)
    setIsPlaying(false)
  }
  const play = (from: number, toMs: number | null): void => {
    const until = Math.min(endMs, toMs ?? endMs)
    stop()
    show(from)
    if (until <= from) return
    let at = from
    setIsPlaying(true)
    timer.current = setInterval(() => {
      at = Math.min(until, at + TICK_MS)
      show(at)
      if (at >= until) stop()
    }, TICK_MS)
  }
  const playRequested = useEffectEvent(play)

  useEffect(() => {
    if (!request) return
    figure.current?.scrollIntoView({ block: 'nearest' })
    const soon = setTimeout(() => playRequested(request.fromMs, request.toMs))
    return () => clearTimeout(soon)
  }, [request])

  useEffect(() => () => clearInterval(timer.current), [])

  return (
    <div
      ref={figure}
      role="group"
      aria-label={name}
      className="overflow-hidden rounded-lg border border-hairline bg-mat"
      style={{ width, maxWidth: '100%' }}
    >
      {shown ? (
        <img
          src={shown.url}
          alt=""
          draggable={false}
          className="block w-full object-contain"
          style={{ aspectRatio: `${width} / ${height}` }}
        />
      ) : null}
      <div className="flex h-8 items-center gap-1 border-t border-hairline bg-raised px-1">
        <IconButton
          label={isPlaying ? 'Pause' : 'Play'}
          size="small"
          onClick={() => (isPlaying ? stop() : play(ms >= endMs ? startMs : ms, null))}
        >
          {isPlaying ? <Pause /> : <Play />}
        </IconButton>
        <span className="text-small text-muted tabular-nums" data-testid="frames-time">
          {clock(ms - offsetMs, true)} / {clock(endMs - offsetMs, true)}
        </span>
      </div>
    </div>
  )
}
