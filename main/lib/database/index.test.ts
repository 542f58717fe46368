import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError } from '#contract'
import SQLite from 'better-sqlite3'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { giveSpaceBack, hasMuchFreeSpace, migrate, openStore, schemaVersion, toStorageError } from './index.ts'
import { numbers } from './migrations/027-numbers.ts'
import { migrations } from './migrations/index.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'sightline-db-'))))
afterEach(() => vi.restoreAllMocks())
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

test('a store of version 1 is brought to the current version with all it holds', () => {
  fill(1)
  const store = openStore(folder)
  expect(schemaVersion(store.db)).toBe(migrations.length)
  expect(store.db.prepare(`SELECT text FROM parts`).pluck().get()).toBe('What colour is the lighthouse?')
  store.close()
})

test('pictures of a store from before they were numbered are counted along each branch, those of answers not', () => {
  const version = migrations.indexOf(numbers)
  const db = new SQLite(file())
  migrate(db, migrations.slice(0, version))
  db.exec(`
    INSERT INTO conversations (id, title, created_at, updated_at, leaf_id) VALUES ('c', 'c', 1, 1, 'q3');
    INSERT INTO messages (id, conversation_id, parent_id, role, status, created_at) VALUES
      ('q1', 'c', NULL, 'user', 'complete', 1), ('a1', 'c', 'q1', 'assistant', 'complete', 1),
      ('q2', 'c', 'a1', 'user', 'complete', 1), ('a2', 'c', 'q2', 'assistant', 'complete', 1),
      ('q3', 'c', 'a2', 'user', 'complete', 1), ('other', 'c', 'a1', 'user', 'complete', 1);
    INSERT INTO parts (message_id, ordinal, type, attachment_sha, attachment) VALUES
      ('q1', 0, 'image', 'a', '{}'), ('q1', 1, 'image', 'b', '{}'), ('a1', 0, 'image', 'c', '{}'),
      ('q2', 0, 'video', 'd', '{}'), ('q2', 1, 'image', 'e', '{}');
  `)
  db.close()
  const store = openStore(folder)
  const counted = store.db.prepare('SELECT id, pictures_before, videos_before FROM messages ORDER BY position').raw()
  expect(counted.all()).toEqual([
    ['q1', 0, 0],
    ['a1', 2, 0],
    ['q2', 2, 0],
    ['a2', 3, 1],
    ['q3', 3, 1],
    ['other', 2, 0],
  ])
  store.close()
})

test('parts of a store from before there were videos keep what they are, and videos find room beside them', () => {
  const picture = JSON.stringify({
    sha: 'a'.repeat(64),
    kind: 'image',
    mime: 'image/png',
    name: 'a.png',
    bytes: 1,
    width: 2,
    height: 3,
  })
  fill(9)
  const before = new SQLite(file())
  before
    .prepare(
      `INSERT INTO parts (message_id, ordinal, type, attachment_sha, attachment) VALUES ('m1', 1, 'image', ?, ?)`,
    )
    .run('a'.repeat(64), picture)
  before
    .prepare(
      `INSERT INTO attachments (sha, kind, mime, name, bytes, width, height, stored_at) VALUES (?, 'image', 'image/png', 'a.png', 1, 2, 3, 1)`,
    )
    .run('a'.repeat(64))
  before.close()
  const { db, close } = openStore(folder)
  expect(
    db.prepare('SELECT ordinal, type, text, attachment_sha, attachment FROM parts ORDER BY ordinal').all(),
  ).toEqual([
    { ordinal: 0, type: 'text', text: 'What colour is the lighthouse?', attachment_sha: null, attachment: null },
    { ordinal: 1, type: 'image', text: null, attachment_sha: 'a'.repeat(64), attachment: picture },
  ])
  expect(db.prepare('SELECT facts FROM attachments').pluck().get()).toBeNull()
  expect(db.pragma('foreign_key_check')).toEqual([])
  const add = db.prepare(
    `INSERT INTO parts (message_id, ordinal, type, text, attachment_sha, attachment) VALUES ('m1', ?, ?, ?, ?, ?)`,
  )
  add.run(2, 'video', null, 'b', '{}')
  add.run(3, 'frames', null, null, '{}')
  for (const wrong of [
    ['video', null, null, '{}'],
    ['frames', null, 'b', '{}'],
    ['frames', 'x', null, '{}'],
    ['sound', null, 'b', '{}'],
  ])
    expect(() => add.run(4, ...wrong), wrong[0]!).toThrow('CHECK')
  db.prepare('DELETE FROM conversations').run()
  expect(db.prepare('SELECT count(*) FROM parts').pluck().get()).toBe(0)
  close()
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
  [
    'pages overwritten',
    () => writeFileSync(file(), Buffer.concat([readFileSync(file()).subarray(0, 4096), Buffer.alloc(40_000, 0xa5)])),
  ],
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

test('a file that was closed is not read as a whole at the next start; one that anything happened to is', () => {
  openStore(folder).close()
  const asked = vi.spyOn(SQLite.prototype, 'pragma')
  const isRead = (action: () => void) => {
    asked.mockClear()
    action()
    return asked.mock.calls.some(([pragma]) => pragma.startsWith('quick_check'))
  }
  const openAndClose = () => openStore(folder).close()
  expect(isRead(openAndClose)).toBe(false)
  expect(isRead(openAndClose)).toBe(false)

  const copy = readFileSync(file())
  openAndClose()
  writeFileSync(file(), copy)
  expect(isRead(openAndClose), 'a copy from a backup').toBe(true)

  const crashed = openStore(folder)
  crashed.db.exec(`INSERT INTO conversations (id, title, created_at, updated_at) VALUES ('c', 'x', 1, 1)`)
  const log = readFileSync(`${file()}-wal`)
  crashed.close()
  writeFileSync(`${file()}-wal`, log)
  expect(isRead(openAndClose), 'a log that was left').toBe(true)
})

test('damage after a clean end is found at the next start', () => {
  openStore(folder).close()
  const bytes = readFileSync(file())
  bytes.fill(0xa5, 8192)
  writeFileSync(file(), bytes)
  expect(failure(() => openStore(folder)).message).toContain('damaged')
  expect(readFileSync(file()).equals(bytes)).toBe(true)
})

test('damage that shows only when it is read has the same advice', () => {
  fill(migrations.length)
  const store = openStore(folder)
  const root = store.db.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'parts'`).pluck().get() as number
  store.db.pragma('wal_checkpoint(TRUNCATE)')
  const bytes = readFileSync(file())
  bytes.fill(0xa5, (root - 1) * 4096, root * 4096)
  writeFileSync(file(), bytes)
  store.db.pragma('shrink_memory')
  const reading = failure(() => {
    try {
      store.db.prepare('SELECT count(text) FROM parts').get()
    } catch (error) {
      throw toStorageError(error)
    }
  })
  expect([reading.code, reading.message]).toEqual(['StorageFailed', expect.stringContaining('damaged')])
  store.close()
  // and its end was not a clean one: nothing else would have the next start look
  expect(failure(() => openStore(folder)).message).toContain('damaged')
})

test.each(['made by this version', 'made by an earlier one'])('unused space goes back to the disk: a file %s', (by) => {
  if (by === 'made by an earlier one') fill(13)
  const { db, close } = openStore(folder)
  db.exec(`CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(12000000)); DROP TABLE large`)
  db.pragma('wal_checkpoint(TRUNCATE)')
  const before = statSync(file()).size
  expect(hasMuchFreeSpace(db)).toBe(true)
  while (giveSpaceBack(db));
  expect(hasMuchFreeSpace(db)).toBe(false)
  expect(statSync(file()).size).toBeLessThan(before / 10)
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
  expect(db.prepare('SELECT count(*) FROM parts').pluck().get()).toBe(by === 'made by this version' ? 0 : 1)
  close()
})

test('a file of an earlier version is not rewritten where the disk has no room for it twice', () => {
  fill(13)
  const { db, close } = openStore(folder)
  db.exec(`CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(12000000)); DROP TABLE large`)
  db.exec(`CREATE TABLE kept (bytes BLOB); INSERT INTO kept VALUES (zeroblob(3000000))`)
  const size = () => db.pragma('page_count', { simple: true })
  const before = size()
  expect([giveSpaceBack(db, 8_000_000), size()]).toEqual([false, before])
  expect([giveSpaceBack(db, 12_000_000), hasMuchFreeSpace(db)]).toEqual([false, false])
  close()
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

test('a start waits for a process that is just ending', async () => {
  const script = `import { openStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    openStore(process.argv[1]); console.log('open'); process.stdin.once('data', () => setTimeout(process.exit, 100, 0))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  child.stdin.write('end')
  openStore(folder).close()
})

test('another process holds the folder, and a SIGKILL frees it', async () => {
  const script = `import { openStore } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
    const store = openStore(process.argv[1]); console.log('open'); setInterval(() => store, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    expect(failure(() => openStore(folder)).code).toBe('Busy')
  } finally {
    child.kill('SIGKILL')
  }
  await ended
  const asked = vi.spyOn(SQLite.prototype, 'pragma')
  openStore(folder).close()
  expect(asked, 'what a killed process left is checked').toHaveBeenCalledWith('quick_check(1)')
})
