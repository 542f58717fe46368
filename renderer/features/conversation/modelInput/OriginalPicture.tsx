import type { ModelInput } from '#contract'
import { useEffect, useRef, useState } from 'react'
import type { CSSProperties, ReactNode } from 'react'
import { MissingNote, StoredPicture } from './StoredPicture.tsx'

/** The browser's player names the frame that lasts at a time: a little after its start is within it, in s. */
const WITHIN = 0.001

/**
 * A picture as it came, or a video at one of its frames. Where the window cannot play the file it is said so.
 */
export function OriginalPicture({
  input,
  frame,
  base,
  style,
  scale,
}: {
  input: ModelInput
  frame: ModelInput['frames'][number]
  base: string
  style: CSSProperties
  scale: number
}): ReactNode {
  const player = useRef<HTMLVideoElement>(null)
  const [isPlayable, setIsPlayable] = useState(true)
  const { ms } = frame
  useEffect(() => {
    if (player.current && ms !== null) player.current.currentTime = ms / 1000 + WITHIN
  }, [ms])
  const label = `${input.name} as it came`
  if (frame.original !== null)
    return <StoredPicture address={base + frame.original} label={label} style={style} scale={scale} isOriginal />
  if (!isPlayable || !input.video?.file)
    return (
      <MissingNote style={style}>
        This window cannot play the file; the frames that were read of it are what the model got.
      </MissingNote>
    )
  return (
    <video
      ref={player}
      src={base + input.video.file}
      aria-label={label}
      muted
      playsInline
      preload="auto"
      crossOrigin="anonymous"
      data-original
      className="absolute max-w-none select-none object-fill"
      style={style}
      onLoadedMetadata={(event) => {
        if (ms !== null) event.currentTarget.currentTime = ms / 1000 + WITHIN
      }}
      onError={() => setIsPlayable(false)}
    />
  )
}
