import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
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
