import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { tempFolder } from '../../testing/tempFolder.ts'
import { temporaryFolder } from './files.ts'

let temp: ReturnType<typeof tempFolder>
beforeEach(() => {
  temp = tempFolder()
})
afterEach(() => temp.remove())

const CHILD = `
  import { writeFileSync } from 'node:fs'
  import { temporaryFolder } from ${JSON.stringify(new URL('./files.ts', import.meta.url).href)}
  const folder = await temporaryFolder('pixels', process.argv[1])
  writeFileSync(folder + '/pixels.v', 'private')
  console.log(folder)
  setInterval(() => {}, 1000)`

test('a folder that a killed process left goes with the next one that is made; that of a running one stays', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', CHILD, temp.path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  try {
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const left = basename(said.toString().trim())
    const own = basename(await temporaryFolder('frames', temp.path))
    expect(readdirSync(temp.path).sort()).toEqual([left, own].sort())
    child.kill('SIGKILL')
    await exit
    const next = basename(await temporaryFolder('frames', temp.path))
    expect(readdirSync(temp.path).sort()).toEqual([own, next].sort())
  } finally {
    child.kill('SIGKILL')
  }
})

test('what an earlier process left that had this one’s number goes too, and what this one made stays', async () => {
  const left = join(temp.path, `sightline-${process.pid}-pixels-abcdef`)
  mkdirSync(left)
  const own = basename(await temporaryFolder('pixels', temp.path))
  const next = basename(await temporaryFolder('frames', temp.path))
  expect(readdirSync(temp.path).sort()).toEqual([own, next].sort())
})

test('what this process made stays, however long ago its clock says that was', async () => {
  const own = await temporaryFolder('pixels', temp.path)
  utimesSync(own, 1, 1)
  await Promise.all([temporaryFolder('frames', temp.path), temporaryFolder('frames', temp.path)])
  expect(readdirSync(temp.path)).toContain(basename(own))
  expect(readdirSync(temp.path)).toHaveLength(3)
})

test('only folders of this app are looked at', async () => {
  mkdirSync(join(temp.path, 'sightline-frames-abc'))
  writeFileSync(join(temp.path, 'other-999999999-x'), '')
  await temporaryFolder('frames', temp.path)
  expect(readdirSync(temp.path)).toHaveLength(3)
})

test.skipIf(process.platform === 'win32')('only this user may read it', async () => {
  expect(statSync(await temporaryFolder('pixels', temp.path)).mode & 0o077).toBe(0)
})
