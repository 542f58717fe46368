import { useCallback, useEffect, useRef, useState, type RefObject } from 'react'

/** Distance from the end, in px, that still counts as being there. */
const NEAR_PX = 48

/** A scrolling column that stays at its end while it grows, as long as the reader is there. */
export interface StickToBottom {
  readonly frame: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  readonly atEnd: boolean
  jump(): void
}

/** @param key When it changes, the column starts at its end again. */
export function useStickToBottom(key: unknown): StickToBottom {
  const frame = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const stuck = useRef(true)
  const [atEnd, setAtEnd] = useState(true)

  const jump = useCallback(() => {
    stuck.current = true
    setAtEnd(true)
    frame.current?.scrollTo({ top: frame.current.scrollHeight })
  }, [])

  useEffect(() => {
    const scroller = frame.current
    const inner = content.current
    if (!scroller || !inner) return
    stuck.current = true
    let lastTop = 0
    const toEnd = (): void => {
      if (stuck.current) scroller.scrollTop = scroller.scrollHeight
    }
    const onScroll = (): void => {
      const near = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR_PX
      // Growth alone also moves the end away; only a scroll upwards means that the reader left it.
      if (near) stuck.current = true
      else if (scroller.scrollTop < lastTop) stuck.current = false
      lastTop = scroller.scrollTop
      setAtEnd(stuck.current)
    }
    const observer = new ResizeObserver(toEnd)
    observer.observe(inner)
    observer.observe(scroller)
    scroller.addEventListener('scroll', onScroll, { passive: true })
    toEnd()
    return () => {
      observer.disconnect()
      scroller.removeEventListener('scroll', onScroll)
    }
  }, [key])

  return { frame, content, atEnd, jump }
}
