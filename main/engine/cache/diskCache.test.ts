import { execFileSync } from 'node:child_process'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
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
  await cache.set('group', 'large', [bytes(700, 1)])
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

test('by groups, the group that was used last stays, and of it what was stored first', async () => {
  const at = (hour: number) => new Date(Date.UTC(2020, 0, 1, hour))
  const filled = new DiskCache(folder, 10_000, 'groups')
  const store = async (group: string, key: string, hour: number) => {
    const before = new Set(readdirSync(folder))
    await filled.set(group, key, [bytes(192, 1)])
    const [name] = readdirSync(folder).filter((each) => !before.has(each))
    utimesSync(join(folder, name!), at(hour), at(hour))
  }
  await filled.set('old', 'first', [bytes(192, 1)])
  for (const name of readdirSync(folder)) utimesSync(join(folder, name), at(0), at(0))
  for (const [group, key, hour] of [
    ['long', '0', 1],
    ['old', '1', 2],
    ['long', '1', 3],
    ['long', '2', 4],
  ] as const)
    await store(group, key, hour)
  const cache = new DiskCache(folder, 600, 'groups')
  await cache.set('long', '3', [bytes(192, 1)])
  const found = async (group: string, key: string) => (await cache.get(group, key)) !== null
  expect(await Promise.all(['0', '1', '2', '3'].map((key) => found('long', key)))).toEqual([true, true, true, false])
  expect(await found('old', '1')).toBe(false)
})
