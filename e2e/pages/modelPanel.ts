import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** The button that names the model, and what it opens. */
export class ModelPanel {
  readonly chip: Locator
  readonly panel: Locator
  readonly how: Locator

  constructor(page: Page) {
    this.chip = page.getByTestId('model-chip')
    this.panel = page.getByRole('dialog', { name: 'Demo model' })
    this.how = this.panel.getByRole('region', { name: 'How it runs' })
  }

  /** Opens it from the keyboard. */
  async open(key: 'Enter' | 'Space'): Promise<void> {
    await this.chip.press(key)
    await expect(this.panel).toBeVisible()
  }

  /** Closes it; the focus is where it was. */
  async close(): Promise<void> {
    await this.panel.page().keyboard.press('Escape')
    await expect(this.panel).toBeHidden()
    await expect(this.chip).toBeFocused()
  }
}
