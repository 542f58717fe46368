import { expect } from '@playwright/test'
import type { Page } from '@playwright/test'

/** Adds a model by its files in the window's models dialog; it is the current model then. */
export async function addModel(page: Page, { text, projector }: { text: string; projector: string }): Promise<void> {
  await page.getByRole('button', { name: /^Models\. Current model/ }).click()
  const dialog = page.getByRole('dialog', { name: 'Models' })
  await dialog.getByLabel('Language model').fill(text)
  await dialog.getByLabel('Projector').fill(projector)
  await dialog.getByRole('button', { name: 'Add model' }).click()
  await expect(dialog.getByLabel('Language model')).toHaveValue('')
  await page.keyboard.press('Escape')
  await expect(dialog).toBeHidden()
}
