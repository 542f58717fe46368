import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import { findChromium, installHint } from '../build/chromium.ts'
import { electronProgram } from './support/electronProgram.ts'
import type { ShellOptions } from './support/fixtures.ts'
import { ofWindowAlone } from './support/ofWindowAlone.ts'

const chromium = findChromium()
if (!chromium) throw new Error(installHint)
// The stand-in for Electron drives the same browser.
process.env['CHROMIUM'] = chromium

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export default defineConfig<ShellOptions>({
  testDir: '.',
  outputDir: '../test-results/e2e',
  globalSetup: join(import.meta.dirname, 'support/announceShells.ts'),
  fullyParallel: true,
  workers: 2,
  // Only what hangs runs into these, however busy the computer is.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: [
    ['list'],
    ['json', { outputFile: process.env['PLAYWRIGHT_JSON_OUTPUT_FILE'] ?? '../test-results/playwright.json' }],
  ],
  use: {
    viewport: { width: 1180, height: 800 },
    launchOptions: { executablePath: chromium, args: flags },
    // a fifth of the time of every test: TRACE=1 records, for one that fails and cannot be understood otherwise
    trace: process.env['TRACE'] ? 'retain-on-failure' : 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'browser shell', testDir: './specs', testIgnore: /electron\//, use: { shell: 'browser' } },
    {
      name: 'electron shell',
      testDir: './specs',
      testIgnore: [/browserShell\//, ...(electronProgram().standInBecause ? ofWindowAlone : [])],
      use: { shell: 'electron' },
    },
  ],
})
