import type { ModelInput } from '#contract'
import { useEffect, useRef } from 'react'
import type { KeyboardEvent, ReactNode } from 'react'
import { cx } from '../../../lib/cx.ts'
import { clock } from '../../../lib/format.ts'

/** Height of a frame, in px. */
const HEIGHT = 48

/** The frames of a video on a line of time, in the pairs in which they become tokens. The arrow keys go from one to the next. */
export function FrameLine({
  input,
  base,
  slice,
  frame,
  onPick,
}: {
  input: ModelInput
  base: string
  slice: number
  frame: number
  onPick: (slice: number, frame: number) => void
}): ReactNode {
  const list = useRef<HTMLOListElement>(null)
  const startMs = input.video?.startMs ?? 0
  const width = Math.round(Math.min(120, Math.max(28, (HEIGHT * input.input.width) / input.input.height)))
  useEffect(() => {
    list.current?.children[slice]?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [slice])
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0
    const to = frame + by
    if (by === 0 || !input.frames[to]) return
    event.preventDefault()
    onPick(
      input.slices.findIndex(({ frames }) => frames.includes(to)),
      to,
    )
    list.current?.querySelector<HTMLElement>(`[data-frame="${to}"]`)?.focus()
  }
  return (
    <div className="shrink-0 border-t border-hairline bg-canvas pt-2">
      <TimeLine input={input} slice={slice} frame={frame} />
      <ol
        ref={list}
        aria-label="Frames in their pairs"
        onKeyDown={onKeyDown}
        className="flex gap-2 overflow-x-auto overscroll-x-contain px-4 pt-1.5 pb-2"
      >
        {input.slices.map(({ frames, positions }, index) => (
          <li
            key={index}
            aria-label={`Pair ${index + 1}`}
            className={cx(
              'flex shrink-0 flex-col gap-1 rounded-md border p-1',
              index === slice ? 'border-accent bg-accent-soft' : 'border-hairline',
            )}
          >
            <div className="flex gap-1">
              {frames.map((place, i) => {
                const { ms } = input.frames[place]!
                const isRepeated = i > 0 && place === frames[0]
                const time = clock((ms ?? 0) - startMs, true)
                return (
                  <button
                    key={i}
                    type="button"
                    data-frame={isRepeated ? undefined : place}
                    tabIndex={!isRepeated && place === frame ? 0 : -1}
                    disabled={isRepeated}
                    aria-label={isRepeated ? `Frame ${place + 1} once more` : `Frame ${place + 1} at ${time}`}
                    aria-current={!isRepeated && place === frame ? 'true' : undefined}
                    onClick={() => onPick(index, place)}
                    className={cx('flex flex-col items-center gap-0.5', isRepeated && 'opacity-45')}
                  >
                    <img
                      src={base + input.frames[place]!.input}
                      alt=""
                      width={width}
                      height={HEIGHT}
                      loading="lazy"
                      decoding="async"
                      draggable={false}
                      className={cx(
                        'block rounded-[3px] bg-active object-contain',
                        !isRepeated && place === frame ? 'ring-2 ring-accent' : '',
                      )}
                      style={{ width, height: HEIGHT }}
                    />
                    <span className="text-[0.6875rem] leading-3.5 text-muted tabular-nums">
                      {isRepeated ? 'again' : time}
                    </span>
                  </button>
                )
              })}
            </div>
            <span className="text-center text-[0.6875rem] leading-3.5 text-muted tabular-nums">
              {positions ? `t ${positions.t[0]}` : `Pair ${index + 1}`}
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** The whole video as a line with the frames that the model got; what it did not get lies between and around them. */
function TimeLine({
  input: { frames, slices, video },
  slice,
  frame,
}: {
  input: ModelInput
  slice: number
  frame: number
}): ReactNode {
  const { startMs, durationMs } = video!
  const share = (place: number): string => `${(((frames[place]!.ms ?? 0) - startMs) / durationMs) * 100}%`
  const pair = slices[slice]!.frames
  return (
    <div className="flex items-center gap-2 px-4 text-[0.6875rem] leading-3.5 text-muted tabular-nums" aria-hidden>
      <span>{clock(0)}</span>
      <span className="relative h-3 min-w-0 flex-1">
        <span className="absolute inset-x-0 top-1/2 h-px bg-control" />
        {frames.map((_, place) => (
          <span
            key={place}
            className={cx(
              'absolute top-1/2 -translate-1/2 rounded-full',
              place === frame
                ? 'size-2.5 bg-accent'
                : pair.includes(place)
                  ? 'size-2 bg-accent'
                  : 'size-1.5 bg-control',
            )}
            style={{ left: share(place) }}
          />
        ))}
      </span>
      <span>{clock(durationMs)}</span>
    </div>
  )
}
