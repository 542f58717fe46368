import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** Two answers side by side, and the choice of the model that gives the second. */
export class ComparePage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  get chip(): Locator {
    return this.page.getByTestId('compare-chip')
  }

  /** The pairs of the conversation, oldest first. */
  get pairs(): Locator {
    return this.page.getByRole('region', { name: 'Two answers to compare' })
  }

  /** Chooses the second model in the composer. */
  async with(name: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Compare with another model' }).click()
    await this.page.getByRole('menuitem', { name, exact: true }).click()
    await expect(this.chip).toHaveText(`Comparing with ${name}`)
  }

  async end(): Promise<void> {
    await this.page.getByRole('button', { name: 'End comparing' }).click()
    await expect(this.chip).toBeHidden()
  }

  /** One answer of the latest pair. */
  by(name: string): Locator {
    return this.pairs.last().getByRole('article', { name: `Answer by ${name}`, exact: true })
  }

  /** Waits until the latest pair's answer by this model has ended, whichever way. */
  async ended(name: string): Promise<Locator> {
    const answer = this.by(name)
    await expect(answer).toHaveAttribute('aria-busy', 'false')
    return answer
  }

  /** Waits until an answer is longer than it is now. */
  async grows(name: string): Promise<void> {
    const text = this.by(name).getByTestId('answer-text')
    await expect(text).toBeVisible()
    const before = (await text.innerText()).length
    await expect.poll(async () => (await text.innerText()).length).toBeGreaterThan(before)
  }

  goOn(name: string): Locator {
    return this.by(name).getByRole('button', { name: 'Go on with this one' })
  }
}
