import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { readWindowState, writeWindowState } from './mainWindow.ts'

vi.mock('electron', () => ({}))

const screen = { x: 0, y: 0, width: 1920, height: 1080 }
const file = () => join(mkdtempSync(join(tmpdir(), 'sightline-place-')), 'window.json')

test('a window comes back where it was, unless that is on no screen', () => {
  const at = file()
  const bounds = { x: 100, y: 50, width: 1000, height: 700, state: 'normal' as const }
  expect(readWindowState(at, [screen])).toBeNull()
  writeWindowState(at, bounds)
  expect(readWindowState(at, [screen])).toEqual(bounds)
  expect(readWindowState(at, [{ ...screen, x: 4000 }])).toBeNull()
  writeWindowState(at, { ...bounds, y: 1070 })
  expect(readWindowState(at, [screen])).toBeNull()
})

test('that a window filled its screen is remembered, and what was remembered before that was kept is a normal one', () => {
  const at = file()
  const bounds = { x: 100, y: 50, width: 1000, height: 700 }
  for (const state of ['maximized', 'fullScreen'] as const) {
    writeWindowState(at, { ...bounds, state })
    expect(readWindowState(at, [screen])).toEqual({ ...bounds, state })
  }
  for (const old of [bounds, { ...bounds, state: 'huge' }]) {
    writeFileSync(at, JSON.stringify(old))
    expect(readWindowState(at, [screen])).toEqual({ ...bounds, state: 'normal' })
  }
})

test('a damaged file and senseless sizes are ignored', () => {
  const at = file()
  for (const content of ['{', '[]', '{"x":0,"y":0,"width":1,"height":1}', '{"x":"0"}']) {
    writeFileSync(at, content)
    expect(readWindowState(at, [screen]), content).toBeNull()
  }
})
