import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { root } from './paths.ts'

/** What a stage found. `failures` names each test that failed, `skipped` says of each that did not run which and why. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly failures: readonly string[]
  readonly skipped: readonly string[]
}

interface VitestReport {
  testResults: { status: string; name: string; assertionResults: { status: string; fullName: string }[] }[]
}

interface PlaywrightSuite {
  specs?: {
    title: string
    file?: string
    tests: { status: string; projectName?: string; annotations?: { type: string; description?: string }[] }[]
  }[]
  suites?: PlaywrightSuite[]
}

/** Reads vitest's JSON report. A file that could not be run at all counts as one failed test. */
export function vitestCounts(file: string): Counts {
  const { testResults } = JSON.parse(readFileSync(file, 'utf8')) as VitestReport
  const tests = testResults.flatMap((result) => result.assertionResults)
  const broken = testResults.filter(
    (result) => result.status === 'failed' && !result.assertionResults.some((test) => test.status === 'failed'),
  )
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed')
  const failures = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.filter((test) => test.status === 'failed').map((test) => `${shortPath(name)}: ${test.fullName}`),
  )
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: failures.length + broken.length,
    failures: [...failures, ...broken.map(({ name }) => `${shortPath(name)} (could not be run)`)],
    skipped: skipped.map((test) => `${test.fullName} (${test.status})`),
  }
}

/** Reads Playwright's JSON report. A flaky test counts as failed; errors outside of tests count as one each. */
export function playwrightCounts(file: string): Counts {
  const { suites, errors } = JSON.parse(readFileSync(file, 'utf8')) as {
    suites: PlaywrightSuite[]
    errors: { message?: string }[]
  }
  const specs = suites.flatMap(specsOf)
  const tests = specs.flatMap(({ title, file = '', tests }) => tests.map((test) => ({ ...test, title, file })))
  const failing = tests.filter((test) => test.status === 'unexpected' || test.status === 'flaky')
  const skipped = tests.filter((test) => test.status === 'skipped')
  return {
    passed: tests.filter((test) => test.status === 'expected').length,
    failed: failing.length + errors.length,
    failures: [
      ...failing.map(({ status, projectName, file, title }) => {
        const where = [projectName, file].filter(Boolean).join(' ')
        return `${where ? `${where}: ` : ''}${title}${status === 'flaky' ? ' (flaky)' : ''}`
      }),
      ...errors.map(({ message = '' }) => `outside of a test: ${message.split('\n')[0] ?? ''}`),
    ],
    skipped: skipped.map(
      ({ title, annotations = [] }) =>
        `${title} (${annotations.find(({ description }) => description)?.description ?? 'no reason given'})`,
    ),
  }
}

const shortPath = (path: string): string => (path.startsWith(root) ? relative(root, path) : path)

function specsOf({ specs = [], suites = [] }: PlaywrightSuite): NonNullable<PlaywrightSuite['specs']> {
  return [...specs, ...suites.flatMap(specsOf)]
}

/**
 * What `npm test` ends with: what was skipped, then each failing test with its stage just above the totals, because CI
 * may cut output in its middle.
 */
export function summary(stages: ReadonlyMap<string, Counts>): string {
  const all = [...stages.values()]
  const skipped = all.flatMap((counts) => counts.skipped)
  const failures = [...stages].flatMap(([stage, counts]) => counts.failures.map((failure) => `${stage}: ${failure}`))
  const sum = (count: (counts: Counts) => number): number => all.reduce((total, counts) => total + count(counts), 0)
  return [
    ...(skipped.length > 0 ? ['', `${skipped.length} skipped:`, ...skipped.map((line) => `  ${line}`)] : []),
    ...(failures.length > 0 ? ['', 'Failing:', ...failures.map((line) => `  ${line}`)] : []),
    '',
    `${sum((counts) => counts.passed)} passed, ${sum((counts) => counts.failed)} failed`,
  ].join('\n')
}
