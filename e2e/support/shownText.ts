import type { Page } from '@playwright/test'

/** What a reader of the window has seen of its answers, as it changed. */
export interface ShownText {
  /** Every text that the last answer on the page had, in order. */
  readonly texts: readonly string[]
  /** The longest of them so far. */
  longest(): string
  /** Settles once the answer was seen with `count` different, growing texts. */
  grown(count: number): Promise<void>
}

let recordings = 0

/** Watches the last answer of the page from now on, on every change of the document. */
export async function recordShownText(page: Page): Promise<ShownText> {
  const texts: string[] = []
  const waiting: { count: number; settle: () => void }[] = []
  const name = `recordShownText${++recordings}`
  await page.exposeFunction(name, (text: string) => {
    texts.push(text)
    for (const { count, settle } of waiting) if (growing(texts).length >= count) settle()
  })
  await page.evaluate((binding) => {
    const tell = (globalThis as unknown as Record<string, (text: string) => void>)[binding]
    let last = ''
    new MutationObserver(() => {
      const text = [...document.querySelectorAll('[data-testid="answer-text"]')].at(-1)?.textContent ?? ''
      if (text !== last) tell?.((last = text))
    }).observe(document.body, { childList: true, subtree: true, characterData: true })
  }, name)
  return {
    texts,
    longest: () => texts.reduce((longest, text) => (text.length > longest.length ? text : longest), ''),
    grown: (count) =>
      new Promise((settle) => (growing(texts).length >= count ? settle() : waiting.push({ count, settle }))),
  }
}

/** The texts that are longer than all before them. */
function growing(texts: readonly string[]): string[] {
  let longest = 0
  return texts.filter(({ length }) => length > longest && (longest = length))
}
