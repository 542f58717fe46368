import { mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { forkWorker } from './nodePorts.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import { ScriptedEngine } from './testing/scriptedEngine.ts'
import { tempFolder } from './testing/tempFolder.ts'
import { testPorts } from './testing/testPorts.ts'

const facts = { width: 64, height: 48, durationMs: 1000, frames: 30, fps: 30, codec: null, startMs: 0 }
const BYTES = 256 * 1024 ** 2

let folder: ReturnType<typeof tempFolder>
let app: App | undefined
let path: string

beforeEach(() => {
  folder = tempFolder()
  mkdirSync(join(folder.path, 'videos'))
  path = join(folder.path, 'videos', 'clip.mp4')
  writeFileSync(path, Buffer.from('\0\0\0\x18ftypmp42', 'latin1'))
  truncateSync(path, BYTES)
})
afterEach(async () => {
  await app?.close()
  folder.remove()
})

function open(filePaths: boolean) {
  const { host } = testPorts(folder.path)
  const ports = testPorts(folder.path, { host: { ...host, filePaths }, spawnWorker: forkWorker })
  app = createApp(ports, { engine: new ScriptedEngine() })
  return createMemoryClient(app.serve)
}
const files = () =>
  readdirSync(join(folder.path, 'data', 'attachments'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)

test('a shell whose callers are not all its own window lets none of them name a file', async () => {
  const { client } = open(false)
  expect((await client.host.describe()).capabilities.filePaths).toBe(false)
  for (const file of [
    { path, bytes: BYTES, facts },
    { path: '/etc/hostname', bytes: 1 },
  ]) {
    const read = async () => (await client.attachments.storeFile(file)).next()
    await expect(read()).rejects.toMatchObject({ code: 'NotYetSupported' })
  }
  expect(files()).toEqual([])
})

test('a window that may name files may name those alone that its user gave it', async () => {
  const { client } = open(true)
  app?.giveFile(join(folder.path, 'videos', 'other.mp4'))
  const read = async () => (await client.attachments.storeFile({ path, bytes: BYTES, facts })).next()
  await expect(read()).rejects.toMatchObject({
    code: 'InvalidInput',
    message: 'clip.mp4 was not given to this window, so it is not read. Drop or pick it.',
  })
  app?.giveFile(path)
  expect((await read()).value).toMatchObject({ type: 'progress' })
})

test('a call that is given up ends the storing, and nothing is left; so does a window that closes', async () => {
  const { client, close } = open(true)
  expect((await client.host.describe()).capabilities.filePaths).toBe(true)
  app?.giveFile(path)
  const stop = new AbortController()
  const events = await client.attachments.storeFile({ path, bytes: BYTES, facts }, { signal: stop.signal })
  expect((await events.next()).value).toMatchObject({ type: 'progress', total: BYTES })
  expect(files()).toHaveLength(1)
  stop.abort()
  await expect(events.next()).rejects.toThrow()
  await expect.poll(files).toEqual([])

  const others = await client.attachments.storeFile({ path, bytes: BYTES, facts })
  expect((await others.next()).value).toMatchObject({ type: 'progress' })
  expect(files()).toHaveLength(1)
  close()
  await expect.poll(files).toEqual([])
})

test('files that were opened with the app are told once, and may be read and stored; what is no file is passed over', async () => {
  const { client } = open(true)
  const note = join(folder.path, 'videos', 'note.txt')
  writeFileSync(note, 'Milk')
  const commands = await client.host.watch()
  const command = commands.next()
  await app?.openFiles([note, join(folder.path, 'videos'), join(folder.path, 'gone.png')])
  expect((await command).value).toEqual({ type: 'openFiles' })
  const opened = await client.attachments.takeOpened()
  expect(opened).toMatchObject([{ path: note, name: 'note.txt', bytes: 4 }])
  expect(await client.attachments.takeOpened()).toEqual([])
  const file = await app!.attachments.open(opened[0]!.id)
  expect(readFileSync(file.path, 'utf8')).toBe('Milk')
  const events = await client.attachments.storeFile({ path: note, bytes: 4 })
  expect((await events.next()).value).toMatchObject({ type: 'progress', done: 4 })
  await expect(events.next()).rejects.toMatchObject({ code: 'UnsupportedMedia' })
  await expect(app!.attachments.open('0'.repeat(64))).rejects.toMatchObject({ code: 'NotFound' })
})
