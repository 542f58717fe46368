import { t } from '@lingui/core/macro'
import { useEffect, useRef, type ReactNode } from 'react'
import { cx } from '../../lib/cx.ts'
import { clock } from '../../lib/format.ts'

/** Height of a frame in px. */
const HEIGHT = 56

/** A frame of a video. `url` is null until the frame has been read; `ms` is its time in the video. */
export interface StripFrame {
  readonly url: string | null
  readonly ms: number
}

/**
 * The frames of a video side by side, in their order; `current` is lit and in view. A click on one goes to its time.
 */
export function FrameStrip({
  label,
  frames,
  aspect,
  current,
  onPick,
}: {
  label: string
  frames: readonly StripFrame[]
  /** Width of a frame by its height. */
  aspect: number
  current: number | null
  onPick: (index: number) => void
}): ReactNode {
  const list = useRef<HTMLOListElement>(null)
  const width = Math.round(Math.min(140, Math.max(32, HEIGHT * aspect)))

  useEffect(() => {
    const strip = list.current
    const item = current === null ? null : strip?.children[current]
    if (!strip || !(item instanceof HTMLElement)) return
    // only the strip moves, never the page
    if (item.offsetLeft < strip.scrollLeft) strip.scrollLeft = item.offsetLeft - 8
    else if (item.offsetLeft + item.offsetWidth > strip.scrollLeft + strip.clientWidth)
      strip.scrollLeft = item.offsetLeft + item.offsetWidth - strip.clientWidth + 8
  }, [current])

  return (
    <ol
      ref={list}
      aria-label={label}
      className="relative flex max-w-full gap-1 overflow-x-auto overscroll-x-contain p-1 pb-1.5"
    >
      {frames.map(({ url, ms }, index) => (
        <li key={index} className="shrink-0">
          <button
            type="button"
            aria-label={t`Frame ${index + 1} at ${clock(ms, true)}`}
            aria-current={index === current ? 'true' : undefined}
            onClick={() => onPick(index)}
            className="group flex flex-col gap-0.5"
          >
            <span
              className={cx(
                'block overflow-hidden rounded-[4px] bg-active ring-offset-1 ring-offset-canvas',
                index === current ? 'ring-2 ring-accent' : 'group-hover:ring-1 group-hover:ring-control',
              )}
              style={{ width, height: HEIGHT }}
            >
              {url === null ? null : (
                <img
                  src={url}
                  alt=""
                  width={width}
                  height={HEIGHT}
                  loading="lazy"
                  decoding="async"
                  draggable={false}
                  className="size-full object-contain"
                  onError={(event) => (event.currentTarget.style.visibility = 'hidden')}
                />
              )}
            </span>
            <span
              className={cx(
                'text-center text-[0.6875rem] leading-3.5 tabular-nums',
                index === current ? 'text-accent' : 'text-muted',
              )}
            >
              {clock(ms, true)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  )
}
