import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AppError } from '#contract'
import { migrate, openStore, schemaVersion } from './index.ts'
import { migrations } from './migrations/index.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sightline-db-'))))
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = () => join(folder, 'sightline.db')

function failure(action: () => unknown): AppError {
  try {
    action()
  } catch (error) {
    expect(error).toBeInstanceOf(AppError)
    return error as AppError
  }
  throw new Error('nothing was thrown')
}

function fill(version: number): void {
  const db = new SQLite(file())
  migrate(db, migrations.slice(0, version))
  db.exec(`
    INSERT INTO conversations (id, title, created_at, updated_at, leaf_id) VALUES ('c1', 'Red circles', 1, 1, 'm1');
    INSERT INTO messages (id, conversation_id, role, status, created_at) VALUES ('m1', 'c1', 'user', 'complete', 1);
    INSERT INTO parts (message_id, ordinal, type, text) VALUES ('m1', 0, 'text', 'What colour is the lighthouse?');
  `)
  db.close()
}

test('a new folder gets a store that no crash can tear: WAL, FULL, foreign keys', () => {
  folder = join(folder, 'not', 'there', 'yet')
  const store = openStore(folder)
  expect(store.db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(store.db.pragma('synchronous', { simple: true })).toBe(2)
  expect(store.db.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(schemaVersion(store.db)).toBe(migrations.length)
  if (process.platform !== 'win32') expect(statSync(folder).mode & 0o077).toBe(0)
  store.close()
})

test('a store of version 1 is brought to the current version with all it holds, and searchable', () => {
  fill(1)
  const store = openStore(folder)
  expect(schemaVersion(store.db)).toBe(migrations.length)
  expect(store.db.prepare(`SELECT text FROM parts`).pluck().get()).toBe('What colour is the lighthouse?')
  expect(store.db.prepare(`SELECT count(*) FROM message_search('"lighth"')`).pluck().get()).toBe(1)
  expect(store.db.prepare(`SELECT count(*) FROM title_search('"circles"')`).pluck().get()).toBe(1)
  store.close()
})

test('a migration that fails leaves the version before it whole', () => {
  fill(1)
  const db = new SQLite(file())
  expect(() => migrate(db, [migrations[0] as string, 'CREATE TABLE half (x); SELECT nonsense'])).toThrow()
  expect(schemaVersion(db)).toBe(1)
  expect(db.prepare(`SELECT count(*) FROM sqlite_schema WHERE name = 'half'`).pluck().get()).toBe(0)
  db.close()
})

test('a store of a newer version is refused and left as it was', () => {
  openStore(folder).close()
  const db = new SQLite(file())
  db.pragma(`user_version = ${migrations.length + 1}`)
  db.close()
  const before = readFileSync(file())
  const error = failure(() => openStore(folder))
  expect(error.code).toBe('StorageFailed')
  expect(error.message).toContain('newer version')
  expect(readFileSync(file()).equals(before)).toBe(true)
})

test.each([
  ['text instead of a database', () => writeFileSync(file(), 'not a database. '.repeat(1000))],
  ['a file cut at half', () => truncateSync(file(), Math.floor(statSync(file()).size / 2))],
  ['pages overwritten', () => writeFileSync(file(), Buffer.concat([readFileSync(file()).subarray(0, 4096), Buffer.alloc(40_000, 0xa5)]))],
])('a damaged store is refused with advice and never deleted: %s', (_, damage) => {
  fill(migrations.length)
  damage()
  const before = readFileSync(file())
  const error = failure(() => openStore(folder))
  expect(error.code).toBe('StorageFailed')
  expect(error.message).toMatch(/damaged\. Nothing was deleted\. .*backup/)
  expect(error.detail?.path).toBe(file())
  expect(readFileSync(file()).equals(before)).toBe(true)
})

test('a folder that cannot be made is a typed error', () => {
  writeFileSync(join(folder, 'a-file'), '')
  expect(failure(() => openStore(join(folder, 'a-file', 'data'))).code).toBe('StorageFailed')
})

test('a failed open frees the folder', async () => {
  await mkdir(file())
  expect(failure(() => openStore(folder)).code).toBe('StorageFailed')
  await rm(file(), { recursive: true })
  openStore(folder).close()
})

test('a second store on the same folder is Busy until the first closes', () => {
  const first = openStore(folder)
  const error = failure(() => openStore(folder))
  expect([error.code, error.message]).toEqual(['Busy', 'Another window has the data. Close it, or go on there.'])
  first.close()
  openStore(folder).close()
})

test('another process holds the folder, and a SIGKILL frees it', async () => {
  const script = `import { openStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    const store = openStore(process.argv[1]); console.log('open'); setInterval(() => store, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    expect(failure(() => openStore(folder)).code).toBe('Busy')
  } finally {
    child.kill('SIGKILL')
  }
  await ended
  openStore(folder).close()
})
