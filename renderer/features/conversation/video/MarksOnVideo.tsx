import type { Size } from '#contract'
import { useRef, type ReactNode } from 'react'
import { MarkOverlay, type DrawnMark } from '../../../components/marks/MarkOverlay.tsx'
import { isThere, type Stretch } from '../../../lib/grounding/index.ts'
import { useShownSize } from '../../../lib/useShownSize.ts'
import { create } from 'zustand'

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
 * the
 * model saw, in seconds.
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
