import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaultSettings } from '#contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openStore } from '../../lib/database/index.ts'
import type { Store } from '../../lib/database/index.ts'
import { createSettings } from './index.ts'

let folder: string
let store: Store
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sightline-settings-'))
  store = openStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

test('everything has its default until it is changed, and changes are there after a restart', () => {
  expect(createSettings(store.db).current).toEqual(defaultSettings)
  createSettings(store.db).update({ theme: 'dark', maxTokens: 100 })
  createSettings(store.db).update({ maxTokens: null, systemPrompt: 'Be brief.' })
  store.close()
  store = openStore(folder)
  expect(createSettings(store.db).current).toEqual({ ...defaultSettings, theme: 'dark', systemPrompt: 'Be brief.' })
})

test('a damaged or outdated value falls back to its default and the others stay', () => {
  createSettings(store.db).update({
    theme: 'dark',
    systemPrompt: 'Be brief.',
    budget: { minPixels: 784, maxPixels: 7840 },
  })
  store.db.exec(`UPDATE settings SET value = '{"minPixels":' WHERE key = 'budget'`)
  store.db.exec(`UPDATE settings SET value = '"sepia"' WHERE key = 'theme'`)
  store.db.exec(`INSERT INTO settings VALUES ('fromTheFuture', '1')`)
  const settings = createSettings(store.db)
  expect(settings.current).toEqual({ ...defaultSettings, systemPrompt: 'Be brief.' })
  settings.update({ theme: 'light' })
  expect(createSettings(store.db).current.theme).toBe('light')
})

test('a value out of range is refused and nothing of the patch is stored', () => {
  const settings = createSettings(store.db)
  expect(() => settings.update({ theme: 'dark', maxTokens: 0 })).toThrow(
    expect.objectContaining({ code: 'InvalidInput', message: expect.stringContaining('maxTokens') as string }),
  )
  expect(settings.current).toEqual(defaultSettings)
  expect(createSettings(store.db).current).toEqual(defaultSettings)
})

test('watchers get the present settings and every change', async () => {
  const settings = createSettings(store.db)
  const stream = await settings.procedures.watch(undefined, { signal: new AbortController().signal })
  settings.update({ theme: 'dark' })
  expect([(await stream.next()).value, (await stream.next()).value]).toMatchObject([
    { theme: 'system' },
    { theme: 'dark' },
  ])
})
