import { ElectronApp } from './apps.ts'
import { test as base } from './fixtures.ts'

/** Specs that look behind the window: at Electron's main process, or the stand-in's. */
export const test = base.extend<{ desktop: ElectronApp }>({
  desktop: async ({ app, chat }, use) => {
    await chat.ready()
    if (!(app instanceof ElectronApp)) throw new Error('This spec is for the desktop shell.')
    await use(app)
  },
})

export { expect } from '@playwright/test'
