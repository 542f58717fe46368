import { lingui } from '@lingui/vite-plugin'
import { defineConfig } from 'vitest/config'

/** No test takes as long, whatever keeps the computer busy. */
const HANGS_MS = 300_000

export default defineConfig({
  plugins: [lingui({ macroTransform: true })],
  test: {
    include: [
      'main/**/*.test.ts',
      'electron/**/*.test.ts',
      'build/**/*.test.ts',
      'resources/**/*.test.ts',
      'renderer/**/*.test.{ts,tsx}',
      'e2e/**/*.test.ts',
    ],
    exclude: ['build/fixtures/**', 'node_modules/**'],
    // Only what hangs runs into these. How long something takes is measured by benchmarks: a test may not depend on
    // what else the computer does.
    testTimeout: HANGS_MS,
    hookTimeout: HANGS_MS,
    teardownTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
  },
})
