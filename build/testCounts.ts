import { readFileSync } from 'node:fs'

/** What a stage found. `skipped` says of each test that did not run which and why. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
}

interface VitestReport {
  testResults: { status: string; name: string; assertionResults: { status: string; fullName: string }[] }[]
}

interface PlaywrightSuite {
  specs?: { title: string; tests: { status: string; annotations?: { type: string; description?: string }[] }[] }[]
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
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length + broken.length,
    skipped: skipped.map((test) => `${test.fullName} (${test.status})`),
  }
}

/** Reads Playwright's JSON report. A flaky test counts as failed; errors outside of tests count as one each. */
export function playwrightCounts(file: string): Counts {
  const { suites, errors } = JSON.parse(readFileSync(file, 'utf8')) as { suites: PlaywrightSuite[]; errors: unknown[] }
  const specs = suites.flatMap(specsOf)
  const tests = specs.flatMap((spec) => spec.tests.map((test) => ({ ...test, title: spec.title })))
  const skipped = tests.filter((test) => test.status === 'skipped')
  return {
    passed: tests.filter((test) => test.status === 'expected').length,
    failed: tests.filter((test) => test.status === 'unexpected' || test.status === 'flaky').length + errors.length,
    skipped: skipped.map(
      ({ title, annotations = [] }) =>
        `${title} (${annotations.find(({ description }) => description)?.description ?? 'no reason given'})`,
    ),
  }
}

function specsOf({ specs = [], suites = [] }: PlaywrightSuite): NonNullable<PlaywrightSuite['specs']> {
  return [...specs, ...suites.flatMap(specsOf)]
}
