import { useEffect, useState, type RefObject } from 'react'

/** Width and height in px at which an element is shown, as they change; 0 before it is. */
export function useShownSize(element: RefObject<HTMLElement | null>): {
  readonly width: number
  readonly height: number
} {
  const [size, setSize] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const shown = element.current
    if (!shown) return
    const observer = new ResizeObserver(() => setSize({ width: shown.clientWidth, height: shown.clientHeight }))
    observer.observe(shown)
    return () => observer.disconnect()
  }, [element])
  return size
}
