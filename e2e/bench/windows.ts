import { chromium } from '@playwright/test'
import type { Page } from '@playwright/test'
import { findChromium, installHint } from '../../build/chromium.ts'
import { startShellProcess } from '../../main/testing/shellProcess.ts'
import { dataFolder } from './houseData.ts'

/** A measure that is open on one checkout. */
export interface Measured {
  /** The figures of one round, by their keys. */
  take(): Promise<Record<string, number>>
  close(): Promise<void>
}

/** Something to compare. */
export interface Measure {
  readonly name: string
  /** What is printed of it; `bar`: what the ratio of this checkout to the other may be at most; `most`: what this checkout's own figure may be. */
  readonly rows: readonly { key: string; what: string; unit: string; bar: number | null; most?: number }[]
  /** It is the same in every round. */
  readonly once?: boolean
  open(checkout: string): Promise<Measured>
}

/**
 * Windows in a browser of their own, each of a shell that was just started on data that `prepare` made; `use` may measure
 * something in them. `ms`: from the start of the shell until then.
 */
export async function openWindows(
  checkout: string,
  prepare: (data: string) => Promise<void>,
  use: (page: Page) => Promise<Record<string, number> | void>,
): Promise<Measured> {
  const data = dataFolder(checkout)
  await prepare(data.path)
  const executablePath = findChromium()
  if (!executablePath) throw new Error(installHint)
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  return {
    async take() {
      const context = await browser.newContext()
      const page = await context.newPage()
      const from = performance.now()
      const shell = await startShellProcess({ checkout, data: data.path })
      await page.goto(shell.address)
      await page.locator('textarea:enabled:not([readonly])').waitFor()
      const figures = await use(page)
      const ms = performance.now() - from
      await context.close()
      await shell.end()
      return { ms, ...figures }
    },
    async close() {
      await browser.close()
      data.remove()
    },
  }
}

/** In the window: opens the first conversation; returns after how many ms its last answer is shown, table and all. */
export function openLast(): Promise<number> {
  const link = document.querySelector<HTMLElement>('[data-conversation-link]')
  if (!link) throw new Error('No conversation is listed.')
  const isShown = () => {
    const scroller = document.querySelector('[data-testid=conversation-scroll]')
    const last = [...document.querySelectorAll('article')].at(-1)
    if (!scroller || !last?.querySelector('table')) return false
    return last.getBoundingClientRect().bottom <= scroller.getBoundingClientRect().bottom + 60
  }
  return new Promise((resolve) => {
    const from = performance.now()
    const look = () => (isShown() ? resolve(performance.now() - from) : void requestAnimationFrame(look))
    link.click()
    look()
  })
}
