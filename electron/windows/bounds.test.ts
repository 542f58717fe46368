import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readBounds, writeBounds } from './bounds.ts'

const screen = { x: 0, y: 0, width: 1920, height: 1080 }
const file = () => join(mkdtempSync(join(tmpdir(), 'sightline-bounds-')), 'window.json')

test('a window comes back where it was, unless that is on no screen', () => {
  const at = file()
  const bounds = { x: 100, y: 50, width: 1000, height: 700 }
  expect(readBounds(at, [screen])).toBeNull()
  writeBounds(at, bounds)
  expect(readBounds(at, [screen])).toEqual(bounds)
  expect(readBounds(at, [{ ...screen, x: 4000 }])).toBeNull()
  writeBounds(at, { ...bounds, y: 1070 })
  expect(readBounds(at, [screen])).toBeNull()
})

test('a damaged file and senseless sizes are ignored', () => {
  const at = file()
  for (const content of ['{', '[]', '{"x":0,"y":0,"width":1,"height":1}', '{"x":"0"}']) {
    writeFileSync(at, content)
    expect(readBounds(at, [screen]), content).toBeNull()
  }
})
