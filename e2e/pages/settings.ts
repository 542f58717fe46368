import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** The settings dialog. */
export class SettingsDialog {
  private readonly page: Page
  private readonly dialog: Locator

  constructor(page: Page) {
    this.page = page
    this.dialog = page.getByRole('dialog', { name: 'Settings' })
  }

  async open(): Promise<void> {
    await this.page.getByRole('button', { name: 'Settings', exact: true }).click()
    await expect(this.dialog).toBeVisible()
  }

  async close(): Promise<void> {
    await this.page.keyboard.press('Escape')
    await expect(this.dialog).toBeHidden()
  }

  /** Types a number into a field and leaves it. */
  async setNumber(label: string, value: number): Promise<void> {
    const field = this.dialog.getByLabel(label, { exact: true })
    await field.fill(String(value))
    await field.press('Tab')
    await expect(field).toHaveValue(String(value))
  }

  async chooseVision(name: 'Exact' | 'Balanced' | 'Fastest'): Promise<void> {
    await this.dialog.getByRole('radiogroup', { name: 'Looking at pictures' }).getByRole('radio', { name }).click()
  }

  async chooseTheme(name: 'System' | 'Light' | 'Dark'): Promise<void> {
    await this.dialog.getByRole('radio', { name, exact: true }).click()
  }
}
