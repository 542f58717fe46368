import { expect } from '@playwright/test'
import type { Download, Locator, Page } from '@playwright/test'

/** The ways of conversations out of the app and into it. */
export class Exchange {
  private readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  get importDialog(): Locator {
    return this.page.getByRole('dialog', { name: 'Import conversations' })
  }

  /** Chooses a line of the menu of a conversation in the list. */
  async menu(title: string, item: string): Promise<void> {
    const row = this.page
      .getByRole('navigation', { name: 'Conversations' })
      .getByRole('listitem')
      .filter({ hasText: title })
    await row.hover()
    await row.getByRole('button', { name: `Options for ${title}` }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }

  /** Saves a conversation in a form, as the menu of the list offers it. */
  async save(title: string, form: string): Promise<Download> {
    await this.menu(title, 'Export…')
    const dialog = this.page.getByRole('dialog', { name: `Export “${title}”` })
    const download = this.page.waitForEvent('download')
    await dialog.getByRole('button', { name: form }).click()
    const saved = await download
    await expect(dialog).toBeHidden()
    return saved
  }

  /** Opens the import from the settings. */
  async openImport(): Promise<void> {
    await this.page.getByRole('button', { name: 'Settings', exact: true }).click()
    await this.page.getByRole('button', { name: 'Import…', exact: true }).click()
    await expect(this.importDialog).toBeVisible()
  }

  /** Picks files in the dialog of the import; returns what it says of them. */
  async importFiles(...paths: string[]): Promise<Locator> {
    const chooser = this.page.waitForEvent('filechooser')
    await this.importDialog.getByRole('button', { name: 'Choose files…' }).click()
    await (await chooser).setFiles(paths)
    await expect(this.importDialog.getByRole('button', { name: 'Done' })).toBeVisible()
    return this.importDialog.getByRole('status')
  }

  /** Opens a conversation that was just imported. */
  async openImported(title: string): Promise<void> {
    await this.importDialog
      .getByRole('list', { name: 'Imported conversations' })
      .getByRole('button', { name: title })
      .click()
    await expect(this.importDialog).toBeHidden()
  }
}
