import { t } from '@lingui/core/macro'
import { textOfLines } from '#contract'
import type { PageLine } from '#contract'
import { TextQuote } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { toAppError } from '../../lib/errors.ts'
import { call } from '../../lib/rpc.ts'
import { Button } from '../primitives/Button.tsx'
import type { Placement } from './MarkingLayer.tsx'

/** A line is turned where its box is this much taller than wide. */
const TURNED = 1.5

/**
 * What is written on a page, to be selected, lying invisibly over its picture. `sha`: its picture; `size`: that in pixels. `onQuote`: puts what is
 * selected, or all of it, into the question; unset: it is only selected.
 */
export function PageTextLayer({
  sha,
  size: { width, height },
  placement,
  onQuote,
}: {
  sha: string
  size: { readonly width: number; readonly height: number }
  placement: Placement
  onQuote: ((text: string) => void) | undefined
}): ReactNode {
  const [lines, setLines] = useState<readonly PageLine[]>([])
  const [problem, setProblem] = useState<string | null>(null)
  const [selected, setSelected] = useState('')
  const layer = useRef<SVGSVGElement>(null)
  useEffect(() => {
    const stop = new AbortController()
    call((core) => core.pages.text({ sha }, { signal: stop.signal })).then(
      ({ lines }) => stop.signal.aborted || setLines(lines),
      (thrown: unknown) => stop.signal.aborted || setProblem(toAppError(thrown).message),
    )
    const look = (): void => setSelected(selectedIn(layer.current))
    document.addEventListener('selectionchange', look, { signal: stop.signal })
    return () => stop.abort()
  }, [sha])
  return (
    <>
      <svg
        ref={layer}
        data-testid="page-text"
        role="group"
        aria-label={t`Text of the page`}
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        className="absolute cursor-text touch-auto overflow-visible select-text selection:bg-[rgb(37_99_235/0.35)]"
        style={placement}
        // what is pressed here selects, and moves nothing
        onPointerDown={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        {lines.map((line, index) => (
          <Line key={index} line={line} width={width} height={height} />
        ))}
      </svg>
      <div
        className="absolute inset-x-0 bottom-3 flex justify-center"
        onPointerDown={(event) => event.stopPropagation()}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        {problem !== null ? (
          <p role="alert" className="rounded-md bg-raised px-3 py-1.5 text-danger shadow-float">
            {problem}
          </p>
        ) : onQuote && lines.length > 0 ? (
          <Button
            className="shadow-float"
            // the words stay selected until they are quoted
            onPointerDown={(event) => event.preventDefault()}
            onClick={() => onQuote(selected === '' ? textOfLines(lines) : selected)}
          >
            <TextQuote aria-hidden />
            {selected === '' ? t`Quote the whole page` : t`Quote`}
          </Button>
        ) : null}
      </div>
    </>
  )
}

/** A line in its box: as wide as that is, whatever its font was. */
function Line({ line, width, height }: { line: PageLine; width: number; height: number }): ReactNode {
  const [x, y, right, bottom] = [line.x1 * width, line.y1 * height, line.x2 * width, line.y2 * height]
  const isTurned = line.text.length > 1 && bottom - y > TURNED * (right - x)
  const [long, high] = isTurned ? [bottom - y, right - x] : [right - x, bottom - y]
  return (
    <text
      fill="transparent"
      fontSize={Math.max(1, high)}
      textLength={Math.max(1, long)}
      lengthAdjust="spacingAndGlyphs"
      transform={isTurned ? `translate(${x} ${y}) rotate(90)` : `translate(${x} ${y})`}
      // the baseline of most fonts, below which a fifth of a line hangs
      y={isTurned ? -0.2 * high : 0.8 * high}
    >
      {line.text}
    </text>
  )
}

/** The words that are selected within the layer. */
function selectedIn(layer: SVGSVGElement | null): string {
  const selection = document.getSelection()
  if (!layer || !selection || selection.isCollapsed || !layer.contains(selection.anchorNode)) return ''
  return selection.toString().trim()
}
