import { cleanup, configure } from '@testing-library/react'
import { vi } from 'vitest'

/** What is waited for may take as long as it likes: how busy the computer is may not decide a test. */
configure({ asyncUtilTimeout: 60_000 })

/** Gives every element a size in px and tells it to those who observe sizes: the page of the tests lays nothing out. */
export function layOut(width: number, height: number): void {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      readonly #onResize: (entries: readonly { target: Element }[]) => void
      constructor(onResize: (entries: readonly { target: Element }[]) => void) {
        this.#onResize = onResize
      }
      observe(target: Element): void {
        this.#onResize([{ target }])
      }
      unobserve(): void {}
      disconnect(): void {}
    },
  )
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(width)
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(height)
  vi.spyOn(Element.prototype, 'getBoundingClientRect').mockReturnValue(new DOMRect(0, 0, width, height))
}

/** Empties the page and takes back what a test replaced. */
export function clearPage(): void {
  cleanup()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
}

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
