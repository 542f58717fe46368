import { Pause, Play } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState, type ReactNode } from 'react'
import { IconButton } from '../../../components/primitives/IconButton.tsx'
import { clock } from '../../../lib/format.ts'
import type { PlayRequest } from './playback.ts'
import { frameAt } from './seenVideo.ts'

/** How often the player reports its time while it plays, in ms. */
const TICK_MS = 100

/** Plays frames one after the other, where there is no file or it cannot be played. `endMs`: when the last one ends. */
export function FramesPlayer({
  name,
  frames,
  endMs,
  width,
  height,
  request,
  onTime,
}: {
  name: string
  frames: readonly { readonly url: string; readonly ms: number }[]
  endMs: number
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
          {clock(ms, true)} / {clock(endMs, true)}
        </span>
      </div>
    </div>
  )
}
