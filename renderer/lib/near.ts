import { useEffect, useRef, useState, type RefObject } from 'react'

/** How far from the visible part, in heights of it, counts as near. */
const MARGIN = '150% 0px'

interface Watch {
  readonly observer: IntersectionObserver
  readonly listeners: Map<Element, (near: boolean) => void>
}

/** One observer for each scrolling element. */
const watches = new WeakMap<Element, Watch>()

function watchOf(frame: Element): Watch {
  const known = watches.get(frame)
  if (known) return known
  const listeners: Watch['listeners'] = new Map()
  const observer = new IntersectionObserver(
    (entries) => entries.forEach((entry) => listeners.get(entry.target)?.(entry.isIntersecting)),
    { root: frame, rootMargin: MARGIN },
  )
  const made = { observer, listeners }
  watches.set(frame, made)
  return made
}

/** Whether an element is in use: has the focus, or an open menu or popover. */
const isInUse = (element: Element): boolean =>
  element.contains(document.activeElement) || element.querySelector('[data-popup-open]') !== null

/**
 * Whether the element that `ref` is given to lies in or near the visible part of the scrolling element `frame`, so that a
 * long list shows in full only what is about to be seen. It is far again as soon as it lies far away and is not in use.
 *
 * @param initially What it is taken for until it is measured.
 */
export function useNear<E extends Element>(
  frame: RefObject<Element | null>,
  initially: boolean,
): { readonly ref: RefObject<E | null>; readonly near: boolean } {
  const ref = useRef<E>(null)
  const [near, setNear] = useState(initially)
  useEffect(() => {
    const element = ref.current
    if (!element || !frame.current) return
    const { observer, listeners } = watchOf(frame.current)
    listeners.set(element, (isNear) => setNear((was) => isNear || (was && isInUse(element))))
    observer.observe(element)
    return () => {
      observer.unobserve(element)
      listeners.delete(element)
    }
  }, [frame])
  return { ref, near }
}
