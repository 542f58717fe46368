import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './paths.ts'

interface Cruise {
  summary: {
    violations: { from: string; to: string; rule: { name: string; severity: string } }[]
    totalCruised: number
  }
}

/** Runs dependency-cruiser with the project's rules on `folders` of the tree in `cwd`. */
function cruise(
  cwd: string,
  folders: string[],
  ...options: string[]
): { status: number | null; summary: Cruise['summary'] } {
  const program = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [
    program,
    '--config',
    join(root, '.dependency-cruiser.cjs'),
    '--output-type',
    'json',
    ...options,
    ...folders,
  ]
  const { status, stdout } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 })
  return { status, summary: (JSON.parse(stdout) as Cruise).summary }
}

test('a service that imports its sibling, and a client of the engine that imports its worker, are refused by name', () => {
  const { summary } = cruise(join(root, 'build/fixtures/wrong-import'), ['main'])
  expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`).sort()).toEqual([
    'engine-client: main/engine/client/engine.ts -> main/engine/worker/answer.ts',
    'service-knows-no-sibling: main/services/conversations/index.ts -> main/services/models/index.ts',
  ])
})

test('a primitive of the window that imports what knows marks is refused by name', () => {
  const { summary } = cruise(join(root, 'build/fixtures/wrong-import'), ['renderer'])
  expect(summary.violations.map(({ from, to, rule }) => ({ from, to, rule: rule.name }))).toEqual([
    {
      from: 'renderer/components/primitives/Button.ts',
      to: 'renderer/components/marks/markColours.ts',
      rule: 'components-primitives',
    },
  ])
})

test('a main process that runs the core itself is refused by name', () => {
  const { summary } = cruise(join(root, 'build/fixtures/wrong-import'), ['electron'])
  expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([
    'core-in-its-own-process: electron/main.ts -> main/app.ts',
  ])
})

test('the real tree keeps every rule', () => {
  const { summary } = cruise(root, ['main', 'electron', 'renderer', 'build', 'e2e'])
  expect(summary.totalCruised).toBeGreaterThan(100)
  expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([])
})
