import { startTransition, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import type { RefCallback, RefObject } from 'react'
import { RowHeights } from './rowHeights.ts'
import type { RowRange } from './rowHeights.ts'

/** So far beyond what is seen rows are drawn, in heights of it; once less than `LEAST` of that is left, more are. */
const MARGIN = 1.5
const LEAST = 0.75

/** What is drawn of a long column. */
interface Rows {
  readonly range: RowRange
  readonly heights: RowHeights
  /** For the element of a row that has the key as its `data-row`: its height is measured. */
  readonly measure: RefCallback<HTMLElement>
  /** Draws the last rows. */
  showEnd(): void
}

/**
 * Draws of a long column only the rows near what is seen. They stand in the flow of the page, and spaces of the height of the others
 * between them, so that the browser's own scroll anchoring keeps what is read at its place while rows come in above it, take their
 * height or grow.
 *
 * @param keys The keys of all rows.
 * @param frame What scrolls them.
 * @param content What they stand in, without a gap between them.
 * @param options.estimate Height of a row in px that was never drawn: rather too little than too much.
 * @param options.atFirst How many of the last rows are drawn before anything is measured.
 * @param options.of What the rows are of: another one begins at its end, and nothing is known of its heights.
 */
export function useRows(
  keys: readonly string[],
  frame: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
  { estimate, atFirst, of }: { estimate: number; atFirst: number; of: unknown },
): Rows {
  const [heights, setHeights] = useState(() => new RowHeights(estimate))
  const [chosen, setRange] = useState<RowRange | null>(null)
  const [drawn, setDrawn] = useState(of)
  if (drawn !== of) {
    setDrawn(of)
    setRange(null)
    setHeights(new RowHeights(estimate))
  }
  const count = keys.length
  // until it was measured, and where the column has become shorter than that
  const range = useMemo(
    () => (chosen && chosen.from < count ? { ...chosen, to: Math.min(chosen.to, count - 1) } : endOf(count, atFirst)),
    [chosen, count, atFirst],
  )
  const now = useRef({ keys, heights, range, isFirst: chosen === null })
  useLayoutEffect(() => {
    now.current = { keys, heights, range, isFirst: chosen === null }
  })

  const update = useCallback((): void => {
    const column = columnOf(frame, content)
    // nothing is laid out
    if (!column || column.scroller.clientHeight === 0) return
    const { keys, heights, range, isFirst } = now.current
    const { scrollTop, clientHeight } = column.scroller
    const top = scrollTop - column.start
    const around = (share: number): RowRange =>
      heights.between(keys, top - share * clientHeight, top + (1 + share) * clientHeight)
    const [least, wanted] = [around(LEAST), around(MARGIN)]
    const isFar = range.to - range.from > 2 * (wanted.to - wanted.from + atFirst)
    if (least.from >= range.from && least.to <= range.to && !isFar) return
    // what is drawn first is seen before anything beyond it is made
    if (isFirst) startTransition(() => setRange(wanted))
    else setRange(wanted)
  }, [frame, content, atFirst])

  const observer = useRef<ResizeObserver | null>(null)
  const measure = useCallback<RefCallback<HTMLElement>>(
    (element) => {
      if (!element || typeof ResizeObserver === 'undefined') return
      observer.current ??= new ResizeObserver((entries) => {
        let isChanged = false
        for (const { target } of entries) {
          const { row } = (target as HTMLElement).dataset
          const px = target.getBoundingClientRect().height
          if (row !== undefined && target.isConnected && now.current.heights.set(row, px)) isChanged = true
        }
        if (isChanged) update()
      })
      const watching = observer.current
      watching.observe(element)
      return () => watching.unobserve(element)
    },
    [update],
  )
  useEffect(() => {
    const scroller = frame.current
    if (!scroller) return
    scroller.addEventListener('scroll', update, { passive: true })
    const sizes = new ResizeObserver(update)
    sizes.observe(scroller)
    return () => {
      scroller.removeEventListener('scroll', update)
      sizes.disconnect()
    }
  }, [frame, update])
  useLayoutEffect(update, [update, keys])

  const showEnd = useCallback((): void => {
    const { keys, range } = now.current
    if (range.to < keys.length - 1) setRange(endOf(keys.length, atFirst))
  }, [atFirst])
  return { range, heights, measure, showEnd }
}

/** What scrolls, and where in it the rows begin, in px; null: they are not on the page. */
function columnOf(
  frame: RefObject<HTMLElement | null>,
  content: RefObject<HTMLElement | null>,
): { readonly scroller: HTMLElement; readonly start: number } | null {
  const scroller = frame.current
  return scroller && content.current ? { scroller, start: content.current.offsetTop } : null
}

const endOf = (count: number, rows: number): RowRange => ({ from: Math.max(0, count - rows), to: count - 1 })
