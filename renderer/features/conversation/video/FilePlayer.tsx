import { useEffect, useRef, type ReactNode } from 'react'
import type { PlayRequest } from './playback.ts'

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
