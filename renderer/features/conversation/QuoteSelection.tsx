import { TextQuote } from 'lucide-react'
import { use, useEffect, useState } from 'react'
import type { ReactNode, RefObject } from 'react'
import { Button } from '../../components/primitives/Button.tsx'
import { ComposingContext } from '../../lib/composing.ts'

/** Words that are selected in a message, and where, in px of the window. */
interface Selected {
  readonly text: string
  readonly left: number
  readonly top: number
}

/** How far it stands above the words, and at least from the edges of what it lies in, in px. */
const ABOVE = 40
const EDGE = 8

/** Over words that are selected in a question or an answer: puts them into the question that is being composed. */
export function QuoteSelection({ frame }: { frame: RefObject<HTMLElement | null> }): ReactNode {
  const composing = use(ComposingContext)
  const [selected, setSelected] = useState<Selected | null>(null)
  useEffect(() => {
    const stop = new AbortController()
    const { signal } = stop
    let isPressed = false
    const look = (): void => {
      if (!isPressed) setSelected(selectedIn(frame.current))
    }
    // while the pointer still selects, nothing comes in its way
    window.addEventListener('pointerdown', () => (isPressed = true), { signal, capture: true })
    const release = (): void => {
      isPressed = false
      requestAnimationFrame(look)
    }
    window.addEventListener('pointerup', release, { signal, capture: true })
    window.addEventListener('pointercancel', release, { signal, capture: true })
    document.addEventListener('selectionchange', look, { signal })
    frame.current?.addEventListener('scroll', () => setSelected(null), { signal, passive: true })
    return () => stop.abort()
  }, [frame])
  if (!selected || !composing) return null
  return (
    <div className="absolute z-10" style={{ left: selected.left, top: selected.top }}>
      <Button
        className="h-7 px-2 shadow-float"
        // the words stay selected until they are quoted
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => {
          composing.quote(selected.text)
          document.getSelection()?.removeAllRanges()
          setSelected(null)
        }}
      >
        <TextQuote aria-hidden />
        Quote
      </Button>
    </div>
  )
}

/** What is selected of one message within `frame`, whose parent the place counts from; null: nothing. */
function selectedIn(frame: HTMLElement | null): Selected | null {
  const selection = document.getSelection()
  const text = selection?.toString().trim() ?? ''
  if (!frame || text === '' || !selection || selection.rangeCount === 0) return null
  const range = selection.getRangeAt(0)
  const ends = [range.startContainer, range.endContainer].map((node) =>
    (node instanceof Element ? node : node.parentElement)?.closest('[data-message-id]'),
  )
  if (!ends[0] || ends[0] !== ends[1] || !frame.contains(ends[0])) return null
  const words = range.getBoundingClientRect()
  const area = frame.getBoundingClientRect()
  const above = words.top - area.top - ABOVE
  return {
    text,
    left: Math.max(EDGE, Math.min(words.left - area.left, area.width - 96)),
    top: frame.offsetTop + (above >= EDGE ? above : Math.min(words.bottom - area.top + EDGE, area.height - ABOVE)),
  }
}
