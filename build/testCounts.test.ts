import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { playwrightCounts, vitestCounts } from './testCounts.ts'

function report(content: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'sightline-report-')), 'report.json')
  writeFileSync(file, JSON.stringify(content))
  return file
}

test('counts vitest tests, a file that could not run as one failure, and says what was skipped', () => {
  const assertionResults = ['passed', 'passed', 'failed', 'pending'].map((status, index) => ({
    status,
    fullName: `test ${index}`,
  }))
  const file = report({
    testResults: [
      { status: 'failed', name: 'a', assertionResults },
      { status: 'failed', name: 'b', assertionResults: [] },
    ],
  })
  expect(vitestCounts(file)).toEqual({ passed: 2, failed: 2, skipped: ['test 3 (pending)'] })
})

test('counts Playwright tests in nested suites, flaky ones as failed, with the reason of a skip', () => {
  const spec = (title: string, status: string, annotations: object[] = []) => ({
    title,
    tests: [{ status, annotations }],
  })
  const file = report({
    suites: [
      {
        suites: [{ specs: [spec('a', 'expected'), spec('b', 'flaky'), spec('c', 'unexpected')] }],
        specs: [spec('d', 'skipped', [{ type: 'skip', description: 'no display' }])],
      },
    ],
    errors: [{ message: 'a file did not load' }],
  })
  expect(playwrightCounts(file)).toEqual({ passed: 1, failed: 3, skipped: ['d (no display)'] })
})
