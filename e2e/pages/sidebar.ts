import type { Locator, Page } from '@playwright/test'

/** The left side of the window: the search and the conversations. */
export class Sidebar {
  readonly page: Page
  readonly nav: Locator

  constructor(page: Page) {
    this.page = page
    this.nav = page.getByRole('navigation', { name: 'Conversations' })
  }

  get search(): Locator {
    return this.nav.getByRole('searchbox', { name: 'Search conversations' })
  }

  get results(): Locator {
    return this.nav.getByRole('list', { name: 'Search results' })
  }

  /** The rows of a group of the list, e.g. "Today". */
  rows(group: string): Locator {
    return this.nav.getByRole('region', { name: group }).getByRole('listitem')
  }

  row(title: string): Locator {
    return this.nav.getByRole('button', { name: title, exact: true })
  }

  /** Chooses in the menu of one conversation. */
  async choose(title: string, item: string): Promise<void> {
    await this.row(title).hover()
    await this.nav.getByRole('button', { name: `Options for ${title}` }).click()
    await this.page.getByRole('menuitem', { name: item, exact: true }).click()
  }

  /** Chooses in the menu of the whole list. */
  async menu(item: string | RegExp): Promise<void> {
    await this.nav.getByRole('button', { name: 'Conversation list' }).click()
    await this.page.getByRole('menuitem', { name: item }).click()
  }
}
