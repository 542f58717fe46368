import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { awayDrive, driveOf } from './drives.ts'

let folder: ReturnType<typeof tempFolder>
let drive: string
beforeEach(() => {
  folder = tempFolder()
  drive = join(folder.path, 'drive')
})
afterEach(() => folder.remove())
/** A folder that stands for a drive. */
const away = (path: string) => awayDrive(path, (each) => (each.startsWith(drive) ? drive : null))

test.each([
  ['/Volumes/Big Disk/models/x.gguf', '/Volumes/Big Disk'],
  ['/media/me/Big Disk/x.gguf', '/media/me/Big Disk'],
  ['/run/media/me/disk/x.gguf', '/run/media/me/disk'],
  ['/mnt/nas/models/x.gguf', '/mnt/nas'],
  ['E:\\models\\x.gguf', 'E:\\'],
  ['\\\\server\\share\\models\\x.gguf', '\\\\server\\share'],
  ['/home/me/models/x.gguf', null],
  ['/media/me', null],
])('the drive of %s', (path, expected) => {
  expect(driveOf(path)).toBe(expected)
})

test('a drive is away when its folder is missing or empty, and there when anything is in it', async () => {
  const path = join(drive, 'models/x.gguf')
  expect(await away(path)).toBe(drive)
  mkdirSync(drive)
  expect(await away(path), 'a place without its drive').toBe(drive)
  writeFileSync(join(drive, 'other'), '')
  expect(await away(path), 'gone from a drive that is there').toBeNull()
  mkdirSync(join(drive, 'models'))
  writeFileSync(path, '')
  expect(await away(path)).toBeNull()
})

test('links are followed to the drive, also those on the way and those that lead to links', async () => {
  symlinkSync(join(drive, 'models'), join(folder.path, 'linked'))
  symlinkSync(join(folder.path, 'linked'), join(folder.path, 'again'))
  symlinkSync('loop', join(folder.path, 'loop'))
  expect(await away(join(folder.path, 'again/a/x.gguf'))).toBe(drive)
  expect(await away(join(folder.path, 'loop/x.gguf'))).toBeNull()
  expect(await away(join(folder.path, 'nothing/x.gguf'))).toBeNull()
  mkdirSync(join(drive, 'models/a'), { recursive: true })
  writeFileSync(join(drive, 'models/a/x.gguf'), '')
  expect(await away(join(folder.path, 'again/a/x.gguf'))).toBeNull()
  rmSync(drive, { recursive: true })
})
