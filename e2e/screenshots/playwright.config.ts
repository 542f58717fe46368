import { defineConfig } from '@playwright/test'
import specs from '../playwright.config.ts'
import type { ShellOptions } from '../support/fixtures.ts'

/** Makes the pictures of docs/screenshots: `npm run screenshots`. */
export default defineConfig<ShellOptions>({
  ...specs,
  testDir: '.',
  testMatch: 'views.ts',
  outputDir: '../../test-results/screenshots',
  reporter: [['list']],
  projects: [{ name: 'browser shell', use: { shell: 'browser' } }],
})
