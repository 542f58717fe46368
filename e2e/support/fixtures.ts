import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test as base } from '@playwright/test'
import type { Settings } from '#contract'
import { openStore } from '../../main/lib/database/index.ts'
import { createSettings } from '../../main/services/settings/index.ts'
import { ChatPage } from '../pages/chat.ts'
import type { RunningApp } from './app.ts'
import { BrowserApp } from './browserApp.ts'
import { ElectronApp } from './electronApp.ts'

export interface ShellOptions {
  /** Which shell the project runs on. */
  shell: 'browser' | 'electron'
}

export interface DataOptions {
  /** What the user has chosen before the app starts; the first run is over unless it says otherwise. */
  chosen: Partial<Settings>
}

/** What every spec starts with. */
export interface Fixtures {
  /** A data folder that lives as long as the test. */
  data: string
  app: RunningApp
  /** The window of `app`, ready for a question. */
  chat: ChatPage
}

/** Every test starts its own app on its own data. */
export const test = base.extend<Fixtures & ShellOptions & DataOptions>({
  shell: ['browser', { option: true }],
  chosen: [{}, { option: true }],
  data: async ({ chosen, shell }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-e2e-'))
    choose(shell === 'electron' ? join(folder, 'data') : folder, { firstRunDone: true, ...chosen })
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

/** Stores settings in a data folder that no app has open. */
export function choose(data: string, chosen: Partial<Settings>): void {
  const store = openStore(data)
  createSettings(store.db).update(chosen)
  store.close()
}

export { expect } from '@playwright/test'
