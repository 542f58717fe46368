import { expect } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'

/** The models page of the window, and the dialog that adds models of this computer. */
export class ModelsPage {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  get root(): Locator {
    return this.page.getByRole('region', { name: 'Models', exact: true })
  }

  get list(): Locator {
    return this.page.getByRole('list', { name: 'Models on this computer' })
  }

  get downloads(): Locator {
    return this.page.getByRole('list', { name: 'Downloads' })
  }

  get addDialog(): Locator {
    return this.page.getByRole('dialog', { name: 'Add from this computer' })
  }

  /** What is beside the list: everything about the model that is open. */
  particulars(name: string): Locator {
    return this.page.getByRole('complementary', { name: `Particulars of ${name}` })
  }

  /** Opens the page from the sidebar. */
  async open(): Promise<void> {
    await this.page.getByRole('button', { name: /^Models\. Current model/ }).click()
    await expect(this.root).toBeVisible()
  }

  /** Goes back to the conversation. */
  async close(): Promise<void> {
    await this.page.getByRole('button', { name: 'Close models' }).click()
    await expect(this.root).toBeHidden()
  }

  async part(name: 'On this computer' | 'Get a model' | 'Downloads'): Promise<void> {
    await this.page.getByRole('tab', { name }).click()
  }

  async openModel(name: string): Promise<Locator> {
    await this.list.getByRole('button', { name, exact: true }).click()
    const particulars = this.particulars(name)
    await expect(particulars).toBeVisible()
    return particulars
  }

  /** Opens an entry of the catalogue. */
  async openEntry(name: string): Promise<void> {
    await this.part('Get a model')
    // the model for this computer is named above the list too
    await this.root.getByRole('button', { name: new RegExp(`^${name}`), expanded: false }).click()
  }

  /** Types a repository and has its files listed. */
  async look(address: string): Promise<Locator> {
    await this.part('Get a model')
    const section = this.root.getByRole('region', { name: 'Any repository' })
    await section.getByLabel('Any repository').fill(address)
    await this.page.keyboard.press('Enter')
    return section
  }

  /** Opens one of the lines below a model's facts. */
  async unfold(particulars: Locator, line: string): Promise<void> {
    await particulars.getByRole('button', { name: new RegExp(`^${line}`) }).click()
  }

  /** Opens the dialog for models of this computer; their two files can be named in it then. */
  async openPaths(): Promise<void> {
    await this.page.getByRole('button', { name: 'Add from this computer' }).click()
    await this.addDialog.getByRole('button', { name: 'By the paths of its two files' }).click()
  }

  /** Opens the dialog for models of this computer and looks in a folder. */
  async search(folder: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Add from this computer' }).click()
    await this.addDialog.getByLabel('Folder or file').fill(folder)
    await this.addDialog.getByRole('button', { name: 'Search' }).click()
  }

  async fillPaths({ text, projector }: { text: string; projector?: string }): Promise<void> {
    await this.addDialog.getByLabel('Language model', { exact: true }).fill(text)
    if (projector !== undefined) await this.addDialog.getByLabel('Projector', { exact: true }).fill(projector)
    await this.addDialog.getByRole('button', { name: 'Add model' }).click()
  }

  async closeDialog(): Promise<void> {
    await this.page.keyboard.press('Escape')
    await expect(this.addDialog).toBeHidden()
  }
}

/** Adds a model by its files; it is the current model then, and the conversation is shown again. */
export async function addModel(page: Page, files: { text: string; projector: string }): Promise<void> {
  const models = new ModelsPage(page)
  await models.open()
  await models.openPaths()
  await models.fillPaths(files)
  await expect(models.addDialog.getByLabel('Language model', { exact: true })).toHaveValue('')
  await models.closeDialog()
  await models.close()
}

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
