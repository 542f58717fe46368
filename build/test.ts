import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { keepBusy } from '../main/bench/busyThreads.ts'
import { findChromium, installChromium, installHint } from './chromium.ts'
import { root } from './paths.ts'
import { playwrightCounts, summary, vitestCounts } from './testCounts.ts'
import type { Counts } from './testCounts.ts'

const results = join(root, 'test-results')
const vitestReport = join(results, 'vitest.json')
const interleavingsReport = join(results, 'interleavings.json')
const interleavings = 'main/interleavings'
const playwrightReport = join(results, 'playwright.json')
const env: NodeJS.ProcessEnv = {
  ...process.env,
  PLAYWRIGHT_JSON_OUTPUT_FILE: playwrightReport,
  // the hundreds of apps that the tests start compile their modules once
  NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compile'),
}

/** Runs a package's program with this Node; true when it ended with code 0. */
function run(script: string, ...args: string[]): boolean {
  return spawnSync(process.execPath, [join(root, script), ...args], { cwd: root, env, stdio: 'inherit' }).status === 0
}

const one = (success: boolean, failure = 'failed; its own output says why'): Counts => ({
  passed: success ? 1 : 0,
  failed: success ? 0 : 1,
  failures: success ? [] : [failure],
  skipped: [],
})

/** A stage that writes a report counts its tests; without a readable report it is one failed test. */
function counted(success: boolean, read: () => Counts): Counts {
  try {
    const counts = read()
    if (success || counts.failed > 0) return counts
    return { ...counts, failed: 1, failures: ['ended with an error, though every test that it reports passed'] }
  } catch {
    return one(false, 'ended without a report')
  }
}

const format = () => run('node_modules/@biomejs/biome/bin/biome', 'format', '.')
const eslint = () => run('node_modules/eslint/bin/eslint.js', '.')
const depcruise = () =>
  run(
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    'main',
    'electron',
    'renderer',
    'build',
    'e2e',
  )

const vitest = (report: string, ...args: string[]) =>
  counted(
    run(
      'node_modules/vitest/vitest.mjs',
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ),
    () => vitestCounts(report),
  )

/** As many as the computers that run the tests have processors at least. */
const BUSY_THREADS = 2

/** Stages that always run beside another program that keeps the computer busy; with `--busy` all do. */
const besideOthers = ['interleavings']

const stages: Record<string, () => Counts> = {
  lint: () => {
    const checks = { formatter: format(), eslint: eslint(), 'dependency-cruiser': depcruise() }
    const failed = Object.entries(checks).flatMap(([name, success]) => (success ? [] : [name]))
    return one(failed.length === 0, failed.join(', '))
  },
  typecheck: () => one(run('node_modules/typescript/bin/tsc', '-b')),
  unit: () => vitest(vitestReport, `--exclude=${interleavings}/**`),
  interleavings: () => vitest(interleavingsReport, interleavings),
  build: () => one(run('build/build.ts')),
  e2e: () =>
    counted(run('node_modules/@playwright/test/cli.js', 'test', '--config', 'e2e/playwright.config.ts'), () =>
      playwrightCounts(playwrightReport),
    ),
}

/**
 * `npm test [stage]... [-- --busy]`: every stage, or the named ones (e2e with the build it needs); goes on after a
 * failing one. `--busy` runs all of them beside two busy threads of another program.
 */
function main(args: readonly string[]): number {
  const names = args.filter((arg) => arg !== '--busy')
  const unknown = names.find((name) => !(name in stages))
  if (unknown) {
    console.error(`There is no stage "${unknown}"; there are ${Object.keys(stages).join(', ')}.`)
    return 2
  }
  const wanted = names.length > 0 ? (names.includes('e2e') ? ['build', ...names] : names) : Object.keys(stages)
  rmSync(results, { recursive: true, force: true })
  mkdirSync(results)
  if (wanted.includes('e2e')) env['CHROMIUM'] = findChromium() ?? installChromium() ?? ''
  const all = new Map<string, Counts>()
  for (const name of new Set(wanted)) {
    console.log(`\n=== ${name}`)
    const started = performance.now()
    const others = args.includes('--busy') || besideOthers.includes(name) ? keepBusy(BUSY_THREADS) : null
    const counts = name === 'e2e' && !env['CHROMIUM'] ? noBrowser() : (stages[name]?.() ?? one(false))
    others?.stop()
    all.set(name, counts)
    console.log(
      `=== ${name}: ${counts.passed} passed, ${counts.failed} failed in ${((performance.now() - started) / 1000).toFixed(0)} s`,
    )
  }
  console.log(summary(all))
  return [...all.values()].some((counts) => counts.failed > 0) ? 1 : 0
}

function noBrowser(): Counts {
  console.log(installHint)
  return one(false, 'there is no Chromium')
}

process.exitCode = main(process.argv.slice(2))
