import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { placeFile } from './files.ts'

let folder: ReturnType<typeof tempFolder>
beforeEach(() => (folder = tempFolder()))
afterEach(() => {
  vi.restoreAllMocks()
  folder.remove()
})

test('a file is flushed before it has its name, and its folder afterwards', async () => {
  const from = join(folder.path, 'unfinished')
  const to = join(folder.path, 'a/b/file')
  writeFileSync(from, 'whole')
  const synced: { inode: number; hasName: boolean }[] = []
  const any = await open(from)
  const handles = Object.getPrototypeOf(any) as Awaited<ReturnType<typeof open>>
  const { sync } = handles
  await any.close()
  vi.spyOn(handles, 'sync').mockImplementation(async function (this: Awaited<ReturnType<typeof open>>) {
    synced.push({ inode: (await this.stat()).ino, hasName: existsSync(to) })
    return sync.call(this)
  })
  const { ino } = statSync(from)
  await placeFile(from, to)
  expect(synced).toEqual([
    { inode: ino, hasName: false },
    ...(process.platform === 'win32' ? [] : [{ inode: statSync(join(folder.path, 'a/b')).ino, hasName: true }]),
  ])
  expect([readFileSync(to, 'utf8'), existsSync(from)]).toEqual(['whole', false])
})

test('a file that cannot be placed stays where it is', async () => {
  const from = join(folder.path, 'unfinished')
  writeFileSync(from, 'whole')
  writeFileSync(join(folder.path, 'taken'), '')
  await expect(placeFile(from, join(folder.path, 'taken/file'))).rejects.toMatchObject({ code: /ENOTDIR|EEXIST/ })
  expect(readFileSync(from, 'utf8')).toBe('whole')
})
