import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { failedLately, findElectron } from './electronBinary.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'sightline-electron-test-'))

test('Electron is found where its package says, and only when the program is there', () => {
  const at = folder()
  expect(findElectron(at, {})).toBeNull()
  writeFileSync(join(at, 'path.txt'), 'electron')
  expect(findElectron(at, {})).toBeNull()
  mkdirSync(join(at, 'dist'))
  writeFileSync(join(at, 'dist/electron'), '')
  expect(findElectron(at, {})).toBe(join(at, 'dist/electron'))
})

test('another folder of Electron can be named', () => {
  const other = folder()
  writeFileSync(join(other, 'electron'), '')
  expect(findElectron(folder(), { ELECTRON_OVERRIDE_DIST_PATH: other })).toBe(join(other, 'electron'))
})

test('a failed download is remembered for a day', () => {
  const file = join(folder(), 'attempt.json')
  expect(failedLately(1_000, file)).toBeNull()
  writeFileSync(file, JSON.stringify({ failedAt: 1_000 }))
  expect(failedLately(1_000 + 23 * 3_600_000, file)).toBe(1_000)
  expect(failedLately(1_000 + 25 * 3_600_000, file)).toBeNull()
  writeFileSync(file, '{')
  expect(failedLately(2_000, file)).toBeNull()
})
