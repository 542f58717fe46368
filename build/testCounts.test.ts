import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { playwrightCounts, summary, vitestCounts } from './testCounts.ts'

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
  expect(vitestCounts(file)).toEqual({
    passed: 2,
    failed: 2,
    failures: ['a: test 2', 'b (could not be run)'],
    skipped: ['test 3 (pending)'],
  })
})

test('counts Playwright tests in nested suites, flaky ones as failed, with the reason of a skip', () => {
  const spec = (title: string, status: string, annotations: object[] = []) => ({
    title,
    file: 'specs/x.spec.ts',
    tests: [{ status, annotations, projectName: 'browser' }],
  })
  const file = report({
    suites: [
      {
        suites: [{ specs: [spec('a', 'expected'), spec('b', 'flaky'), spec('c', 'unexpected')] }],
        specs: [spec('d', 'skipped', [{ type: 'skip', description: 'no display' }])],
      },
    ],
    errors: [{ message: 'a file did not load\nwith a stack' }],
  })
  expect(playwrightCounts(file)).toEqual({
    passed: 1,
    failed: 3,
    failures: [
      'browser specs/x.spec.ts: b (flaky)',
      'browser specs/x.spec.ts: c',
      'outside of a test: a file did not load',
    ],
    skipped: ['d (no display)'],
  })
})

test('the last lines name every failing test with its stage, and then say how many passed and failed', () => {
  const stages = new Map([
    ['lint', { passed: 1, failed: 0, failures: [], skipped: [] }],
    ['unit', { passed: 7, failed: 1, failures: ['a.test.ts: adds'], skipped: ['b (no ffmpeg)'] }],
    ['e2e', { passed: 2, failed: 1, failures: ['browser c.spec.ts: opens'], skipped: [] }],
  ])
  expect(summary(stages).split('\n')).toEqual([
    '',
    '1 skipped:',
    '  b (no ffmpeg)',
    '',
    'Failing:',
    '  unit: a.test.ts: adds',
    '  e2e: browser c.spec.ts: opens',
    '',
    '10 passed, 2 failed',
  ])
  expect(summary(new Map([['lint', { passed: 1, failed: 0, failures: [], skipped: [] }]]))).toBe('\n1 passed, 0 failed')
})
