import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from '@playwright/test'
import { ChatPage } from '../pages/chat.ts'
import type { RunningApp } from './app.ts'
import { BrowserApp } from './browserApp.ts'
import { ElectronApp } from './electronApp.ts'

export interface ShellOptions {
  /** Which shell the project runs on. */
  shell: 'browser' | 'electron'
}

/** What every spec starts with. */
export interface Fixtures {
  /** A folder that lives as long as the test. */
  data: string
  app: RunningApp
  /** The window of `app`, ready for a question. */
  chat: ChatPage
}

/** Every test starts its own app on its own data. */
export const test = base.extend<Fixtures & ShellOptions>({
  shell: ['browser', { option: true }],
  data: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-e2e-'))
    await use(folder)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  },
  app: async ({ shell, data, playwright, launchOptions, viewport }, use) => {
    if (shell === 'electron') {
      const app = await ElectronApp.start(data)
      await use(app)
      return await app.quit()
    }
    const browser = await playwright.chromium.launch(launchOptions)
    const app = await BrowserApp.start(await browser.newContext({ viewport }), data)
    await use(app)
    await app.quit()
    await browser.close()
  },
  chat: async ({ app }, use) => {
    const chat = new ChatPage(() => app.page)
    await chat.ready()
    await use(chat)
  },
})

export { expect } from '@playwright/test'
