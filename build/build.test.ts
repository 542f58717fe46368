import { mkdirSync, mkdtempSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isUpToDate } from './build.ts'

function tree(): (path: string, seconds: number) => string {
  const root = mkdtempSync(join(tmpdir(), 'sightline-build-'))
  mkdirSync(join(root, 'src/deep'), { recursive: true })
  return (path, seconds) => {
    writeFileSync(join(root, path), '')
    utimesSync(join(root, path), seconds, seconds)
    return root
  }
}

test('an output is out of date when a file below a source folder is younger, and when it is missing', () => {
  const file = tree()
  file('src/deep/a.ts', 100)
  const root = file('out.js', 200)
  expect(isUpToDate(root, ['src'], join(root, 'out.js'))).toBe(true)
  file('src/deep/a.ts', 300)
  expect(isUpToDate(root, ['src'], join(root, 'out.js'))).toBe(false)
  expect(isUpToDate(root, ['src'], join(root, 'missing.js'))).toBe(false)
})

test('tests are no sources', () => {
  const file = tree()
  file('src/a.test.ts', 300)
  const root = file('out.js', 200)
  expect(isUpToDate(root, ['src'], join(root, 'out.js'))).toBe(true)
})
