import { vi } from 'vitest'

let elements: { element: Element; tell: (isNear: boolean) => void }[] = []

/** Takes the place of the page's layout, which there is none of here: every element is far until `bringNear`. */
export function stubNearness(): void {
  elements = []
  vi.stubGlobal(
    'IntersectionObserver',
    class {
      private readonly listener: (entries: { target: Element; isIntersecting: boolean }[]) => void

      constructor(listener: (entries: { target: Element; isIntersecting: boolean }[]) => void) {
        this.listener = listener
      }
      observe(element: Element): void {
        elements.push({ element, tell: (isIntersecting) => this.listener([{ target: element, isIntersecting }]) })
      }
      unobserve(element: Element): void {
        elements = elements.filter((one) => one.element !== element)
      }
    },
  )
}

/** Scrolls so that exactly the elements that `isNear` picks lie near what is seen; call it within `act`. */
export function bringNear(isNear: (element: Element) => boolean): void {
  for (const { element, tell } of [...elements]) tell(isNear(element))
}
