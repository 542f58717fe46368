import { useRef, type ReactNode } from 'react'
import { MarkOverlay } from '../../../components/marks/MarkOverlay.tsx'
import { isThere } from '../../../lib/grounding/index.ts'
import { useShownSize } from '../../../lib/useShownSize.ts'
import { useVideoMarks } from './videoMarks.ts'

/** What the latest answer points at, over the picture of a video at a second of it. `step`: seconds between the frames that the model saw. */
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
