import { cpSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Settings } from '#contract'
import { test as base } from '@playwright/test'
import { openStore } from '../../main/lib/database/index.ts'
import { createSettings } from '../../main/services/settings/index.ts'
import { ChatPage } from '../pages/chat.ts'
import { BrowserApp, ElectronApp } from './apps.ts'
import type { RunningApp } from './apps.ts'

export interface ShellOptions {
  /** Which shell the project runs on. */
  shell: 'browser' | 'electron'
}

/** What the app finds when it starts. */
export interface StartOptions {
  /** What the user has chosen before the app starts. */
  chosen: Partial<Settings>
  /** Whether the first run is over; it is unless a spec is about it. */
  firstRunDone: boolean
  /** Environment variables beside this process's own. */
  environment: Record<string, string>
}

/** What every spec starts with. */
export interface Fixtures {
  /** A data folder that lives as long as the test. */
  data: string
  app: RunningApp
  /** The window of `app`, ready for a question once the first run is over. */
  chat: ChatPage
}

/** Every test starts its own app on its own data. */
export const test = base.extend<Fixtures & ShellOptions & StartOptions>({
  shell: ['browser', { option: true }],
  chosen: [{}, { option: true }],
  firstRunDone: [true, { option: true }],
  environment: [{}, { option: true }],
  data: async ({ chosen, firstRunDone, shell }, use, test) => {
    const folder = mkdtempSync(join(tmpdir(), 'sightline-e2e-'))
    const data = shell === 'electron' ? join(folder, 'data') : folder
    // a copy of the demo model would write titles of its own kind
    choose(data, { titlesByModel: false, ...chosen, firstRunDone })
    await use(folder)
    // what the app's processes told stays with a test that failed
    if (test.status !== test.expectedStatus && existsSync(join(data, 'logs')))
      cpSync(join(data, 'logs'), test.outputPath('logs'), { recursive: true })
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  },
  app: async ({ shell, data, environment, playwright, launchOptions, viewport, locale }, use) => {
    if (shell === 'electron') {
      const app = await ElectronApp.start(data, environment)
      await use(app)
      return await app.quit()
    }
    const browser = await playwright.chromium.launch(launchOptions)
    const app = await BrowserApp.start(await browser.newContext({ viewport, locale }), data, environment)
    await use(app)
    await app.quit()
    await browser.close()
  },
  chat: async ({ app, firstRunDone }, use) => {
    const chat = new ChatPage(() => app.page)
    if (firstRunDone) await chat.ready()
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
