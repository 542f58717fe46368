import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { DiskCache } from './diskCache.ts'

const root = tempFolder()
let folder = ''
let made = 0
beforeEach(() => void (folder = join(root.path, String(made++))))
afterAll(() => root.remove())
const bytes = (length: number, value: number) => new Uint8Array(length).fill(value)

test('what is stored is there again, for another start too; a damaged file counts as not there and is deleted', async () => {
  await new DiskCache(folder, 1000).set('group', 'key', [bytes(3, 1), bytes(2, 2)])
  const cache = new DiskCache(folder, 1000)
  expect([...(await cache.get('group', 'key'))!]).toEqual([1, 1, 1, 2, 2])
  expect(await cache.get('other', 'key')).toBeNull()
  const [file] = readdirSync(folder)
  writeFileSync(join(folder, file!), bytes(13, 9))
  expect(await cache.get('group', 'key')).toBeNull()
  expect(readdirSync(folder)).toEqual([])
})

test('the folder stays within its size, whoever filled it, and the least recently used go first', async () => {
  const before = new DiskCache(folder, 10_000)
  for (const key of ['a', 'b', 'c']) await before.set('group', key, [bytes(192, 1)])
  const cache = new DiskCache(folder, 600)
  await cache.set('group', 'd', [bytes(192, 1)])
  expect(readdirSync(folder)).toHaveLength(3)
  await cache.get('group', 'c')
  for (const key of ['e', 'f']) await cache.set('group', key, [bytes(192, 1)])
  expect(readdirSync(folder)).toHaveLength(3)
  expect(await cache.get('group', 'a')).toBeNull()
  expect(await cache.get('group', 'f')).not.toBeNull()
  expect(await cache.set('group', 'large', [bytes(700, 1)])).toBe('full')
  expect(await cache.get('group', 'large'), 'it alone would not fit').toBeNull()
  expect(await cache.get('group', 'f')).not.toBeNull()
})

describe('what the write of another process left', () => {
  /** The id of a process that has ended. */
  const deadPid = () => execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
  const part = (pid: string | number) => join(folder, `${'0'.repeat(32)}-${'1'.repeat(32)}.bin.${pid}.part`)
  const parts = () => readdirSync(folder).filter((name) => name.endsWith('.part'))

  test('is removed when that process was killed, or can be writing no longer', async () => {
    await new DiskCache(folder, 10_000).set('group', 'a', [bytes(192, 1)])
    writeFileSync(part(deadPid()), bytes(5000, 1))
    writeFileSync(part(process.ppid), bytes(5000, 1))
    const yesterday = new Date(Date.now() - 24 * 3600_000)
    utimesSync(part(process.ppid), yesterday, yesterday)
    const cache = new DiskCache(folder, 10_000)
    await cache.set('group', 'b', [bytes(192, 1)])
    expect(parts()).toEqual([])
    expect(await cache.get('group', 'a')).not.toBeNull()
  })

  test('stays and counts while it is being written', async () => {
    await new DiskCache(folder, 10_000).set('group', 'a', [bytes(192, 1)])
    writeFileSync(part(process.ppid), bytes(500, 1))
    const cache = new DiskCache(folder, 800)
    await cache.set('group', 'b', [bytes(192, 1)])
    expect(parts()).toHaveLength(1)
    expect(await cache.get('group', 'a'), 'there is no room for it').toBeNull()
    expect(await cache.get('group', 'b')).not.toBeNull()
  })
})

describe('series, whose files are of no use without those before them', () => {
  const size = [bytes(192, 1)]
  const at = (hour: number) => new Date(Date.UTC(2020, 0, 1, hour))
  const found = async (cache: DiskCache, group: string, indices: readonly number[]) =>
    Promise.all(indices.map(async (index) => (await cache.get(group, 'key', index)) !== null))
  /** Stores a file of a series as it was used at an hour. */
  const store = async (group: string, index: number, hour: number) => {
    const before = new Set(readdirSync(folder))
    await new DiskCache(folder, 10_000, 'series').set(group, 'key', size, index)
    const [name] = readdirSync(folder).filter((each) => !before.has(each))
    utimesSync(join(folder, name!), at(hour), at(hour))
  }
  beforeEach(() => void mkdirSync(folder))

  test('the series that was used last stays, and the end of one goes first', async () => {
    await store('old', 0, 0)
    await store('long', 0, 1)
    await store('old', 1, 2)
    await store('long', 1, 3)
    await store('long', 2, 4)
    const cache = new DiskCache(folder, 800, 'series')
    expect(await cache.set('long', 'key', size, 3)).toBe('stored')
    expect(await found(cache, 'long', [0, 1, 2, 3])).toEqual([true, true, true, true])
    expect(await found(cache, 'old', [0, 1])).toEqual([false, false])
  })

  test('has no holes where its beginning was used last, as by a question that was asked in other words', async () => {
    for (const index of [0, 1, 2, 3]) await store('long', index, 1)
    const cache = new DiskCache(folder, 600, 'series')
    await found(cache, 'long', [0, 1])
    await cache.set('other', 'key', size, 0)
    expect(await found(cache, 'long', [0, 1, 2, 3])).toEqual([true, true, false, false])
  })

  test('what is written was used last, though the clock of the disk is behind', async () => {
    const cache = new DiskCache(folder, 300, 'series')
    await cache.set('read', 'key', size, 0)
    const later = new Date(Date.now() + 1000)
    for (const name of readdirSync(folder)) utimesSync(join(folder, name), later, later)
    expect(await cache.set('written', 'key', size, 0)).toBe('stored')
    expect([await found(cache, 'read', [0]), await found(cache, 'written', [0])]).toEqual([[false], [true]])
  })

  test('one that alone takes more than there is room keeps its beginning, and says so of what does not fit', async () => {
    const cache = new DiskCache(folder, 600, 'series')
    const written = []
    for (const index of [0, 1, 2, 3, 4]) written.push(await cache.set('long', 'key', size, index))
    expect(written).toEqual(['stored', 'stored', 'stored', 'full', 'full'])
    expect(await found(cache, 'long', [0, 1, 2, 3, 4])).toEqual([true, true, true, false, false])
  })
})
