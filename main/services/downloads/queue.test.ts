import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import type { Download } from '#contract'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startModelServer } from '../../testing/modelServer.ts'
import type { ModelServer } from '../../testing/modelServer.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { openPartFile } from './disk/partFile.ts'
import type { DownloadRequest, DownloadsOptions } from './index.ts'
import { openRig } from './testing/rig.ts'
import type { Rig } from './testing/rig.ts'

const repository = 'any/models'
const names = ['a', 'b', 'c', 'd']
const contents = Object.fromEntries(names.map((name) => [name, Buffer.alloc(50_000, name)])) as Record<string, Buffer>

let folder: ReturnType<typeof tempFolder>
let server: ModelServer
let rig: Rig
beforeEach(async () => {
  folder = tempFolder()
  server = await startModelServer([
    { repository, files: Object.fromEntries(names.map((name) => [`${name}.gguf`, contents[name] as Buffer])) },
  ])
  rig = openRig(folder.path)
})
afterEach(async () => {
  await rig.close()
  await server.close()
  folder.remove()
})

async function reopen(options: Partial<DownloadsOptions> = {}): Promise<void> {
  await rig.close()
  rig = openRig(folder.path, options)
}

function request(name: string, overrides: Partial<DownloadRequest> = {}): DownloadRequest {
  return {
    ...{ name, entryId: name, quantization: 'Q4', folder: name },
    ...overrides,
    files: overrides.files ?? [fileOf(name)],
  }
}

function fileOf(name: string) {
  const content = contents[name] as Buffer
  const sha256 = createHash('sha256').update(content).digest('hex')
  return {
    path: `${name}.gguf`,
    url: server.fileUrl(repository, `${name}.gguf`),
    bytes: content.length,
    sha256,
    role: 'text' as const,
  }
}

/** The second part of `name` stays silent, so its job runs until it is stopped. */
const silence = (name: string) =>
  server.script(repository, `${name}.gguf`, [
    { kind: 'none' },
    ...Array.from({ length: 3 }, () => ({ kind: 'stall', afterBytes: 100 }) as const),
  ])
const start = (name: string) => rig.downloads.start(request(name)).id
const states = () => Object.fromEntries(rig.downloads.list().map(({ name, state }) => [name, state]))
const hasPart = (job: Download) => job.state === 'running' && job.doneBytes >= 16_384

test('one job runs at a time, in the order in which they were started', async () => {
  const order: string[] = []
  await reopen({ onDone: async ({ name }) => (order.push(name), name) })
  const ids = names.map(start)
  expect(states()).toEqual({ a: 'running', b: 'queued', c: 'queued', d: 'queued' })
  await Promise.all(ids.map((id) => rig.settled(id)))
  expect(order).toEqual(names)
})

test('as many jobs run as there are places', async () => {
  await reopen({ jobs: 2 })
  ;['a', 'b'].forEach(silence)
  names.forEach(start)
  expect(states()).toEqual({ a: 'running', b: 'running', c: 'queued', d: 'queued' })
})

test('the first of the queue takes the place of the one that runs, which goes on later', async () => {
  silence('a')
  const [a = '', , c = ''] = names.map(start)
  await rig.until(a, hasPart)
  rig.downloads.prioritise(c)
  expect(rig.downloads.list().map(({ name }) => name)).toEqual(['c', 'a', 'b', 'd'])
  await rig.settled(c)
  expect((await rig.settled(a)).state).toBe('done')
  expect(rig.done.map(({ name }) => name).slice(0, 2)).toEqual(['c', 'a'])
})

test('a paused job keeps what arrived, over a restart too, and resuming fetches only the rest', async () => {
  silence('a')
  const id = start('a')
  await rig.until(id, hasPart)
  await rig.downloads.pause(id)
  const kept = rig.downloads.list()[0]!
  expect(kept).toMatchObject({ state: 'paused', retryAt: null, bytesPerSecond: null, secondsLeft: null })
  expect(kept.doneBytes).toBeGreaterThanOrEqual(16_384)
  await reopen()
  expect(rig.downloads.list()).toEqual([kept])
  const asked = server.requests.length
  rig.downloads.resume(id)
  expect((await rig.settled(id)).state).toBe('done')
  expect(server.requests.slice(asked).map(({ headers }) => headers.range)).not.toContain('bytes=0-16383')
  expect(server.requests.slice(asked).every(({ headers }) => headers['if-range'] === '"version-1"')).toBe(true)
})

test.each([
  ['deleted', (part: string) => rmSync(part)],
  ['cut', (part: string) => truncateSync(part, 20_000)],
])('an unfinished file that someone has %s meanwhile is fetched from its beginning', async (_, damage) => {
  silence('a')
  const id = start('a')
  await rig.until(id, hasPart)
  await rig.downloads.pause(id)
  damage(join(rig.models, 'a/a.gguf.part'))
  rig.downloads.resume(id)
  expect(await rig.settled(id)).toMatchObject({ state: 'done', error: null })
  expect(readFileSync(join(rig.models, 'a/a.gguf')).equals(contents.a as Buffer)).toBe(true)
})

test('pausing one lets the next begin', async () => {
  silence('a')
  const [a = '', b = ''] = ['a', 'b'].map(start)
  await rig.downloads.pause(a)
  expect((await rig.settled(b)).state).toBe('done')
  expect(states()).toEqual({ a: 'paused', b: 'done' })
})

test('what was on its way when the process ended goes on by itself', async () => {
  silence('a')
  const [a = '', b = ''] = ['a', 'b'].map(start)
  await rig.until(a, hasPart)
  await reopen()
  expect((await Promise.all([rig.settled(a), rig.settled(b)])).map(({ state }) => state)).toEqual(['done', 'done'])
})

test('a failed job stays failed over a restart, with its error', async () => {
  server.script(repository, 'a.gguf', [{ kind: 'status', status: 404 }])
  const failed = await rig.settled(start('a'))
  await reopen()
  expect(rig.downloads.list()).toEqual([failed])
  expect(failed.error?.code).toBe('NotFound')
})

test('removing a job deletes what it downloaded, folder included', async () => {
  silence('b')
  const { id } = rig.downloads.start(request('both', { files: [fileOf('a'), fileOf('b')] }))
  await rig.until(id, ({ files }) => files[1]!.doneBytes > 0)
  expect(rig.files()).toContain('both/a.gguf')
  await rig.downloads.remove(id)
  expect([rig.files(), rig.downloads.list(), existsSync(join(rig.models, 'both'))]).toEqual([[], [], false])
  await reopen()
  expect(rig.downloads.list()).toEqual([])
})

test('removing a job that is done leaves its files', async () => {
  const { id } = await rig.settled(start('a'))
  await rig.downloads.remove(id)
  expect([rig.files(), rig.downloads.list()]).toEqual([['a/a.gguf'], []])
})

test('a file that two jobs share is fetched once, and removing one of them leaves it to the other', async () => {
  silence('b')
  await reopen({ jobs: 2 })
  const [one, two] = ['b', 'c'].map((name) =>
    rig.downloads.start(request(name, { folder: 'shared', files: [fileOf('a'), fileOf(name)] })),
  )
  expect((await rig.settled(two!.id)).state).toBe('done')
  await rig.until(one!.id, ({ files }) => files[1]!.doneBytes > 0)
  await rig.downloads.remove(one!.id)
  expect(rig.files()).toEqual(['shared/a.gguf', 'shared/c.gguf'])
  const asked = server.requests.filter(
    ({ url, headers }) => url.startsWith('/cdn/') && url.includes('a.gguf') && headers.range === 'bytes=0-16383',
  )
  expect(asked).toHaveLength(1)
})

test('removing a job leaves a file that a model has', async () => {
  await reopen({ isUsed: (path) => path.endsWith('a.gguf') })
  silence('b')
  const { id } = rig.downloads.start(request('both', { files: [fileOf('a'), fileOf('b')] }))
  await rig.until(id, ({ files }) => files[1]!.doneBytes > 0)
  await rig.downloads.remove(id)
  expect(rig.files()).toEqual(['both/a.gguf'])
})

test('the same download started twice is one job; one that is done starts again only when its files are gone', async () => {
  const id = start('a')
  expect(start('a')).toBe(id)
  await rig.settled(id)
  expect(start('a')).toBe(id)
  rmSync(join(rig.models, 'a/a.gguf'))
  const again = start('a')
  expect(again).not.toBe(id)
  expect((await rig.settled(again)).state).toBe('done')
  expect(rig.downloads.list()).toHaveLength(1)
})

test('a download whose model was taken out of the library makes it again of the files that are there', async () => {
  const id = start('a')
  await rig.settled(id)
  await reopen({ isUsed: () => false })
  const asked = server.requests.length
  const again = start('a')
  expect(again).not.toBe(id)
  expect((await rig.settled(again)).state).toBe('done')
  expect([rig.done.length, server.requests.length]).toEqual([1, asked])
})

test('a full disk in the middle keeps what was written, and resuming goes on', async () => {
  let free = 30_000
  await reopen({
    openPartFile: async (path, bytes) => {
      const part = await openPartFile(path, bytes)
      return {
        ...part,
        async write(chunk, at) {
          if (chunk.length > free) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
          free -= chunk.length
          await part.write(chunk, at)
        },
      }
    },
    transfer: { connections: 1 },
  })
  const job = await rig.settled(start('a'))
  expect(job).toMatchObject({
    state: 'failed',
    error: { code: 'DiskFull', message: expect.stringContaining('The disk became full') as string },
  })
  expect(job.doneBytes).toBeGreaterThanOrEqual(16_384)
  free = 1e9
  rig.downloads.resume(job.id)
  expect((await rig.settled(job.id)).state).toBe('done')
  expect(readFileSync(join(rig.models, 'a/a.gguf')).equals(contents.a as Buffer)).toBe(true)
})

test('a database that cannot be written refuses changes, and a job that ends then fails and is taken up after a restart', async () => {
  const path = join(folder.path, 'data/sightline.db')
  await reopen({ transfer: { stallMs: 300 } })
  silence('a')
  const id = start('a')
  await rig.until(id, hasPart)
  rig.store.db.pragma('query_only = ON')
  await expect(rig.downloads.pause(id)).rejects.toMatchObject({ code: 'StorageFailed', detail: { path } })
  expect(states()).toEqual({ a: 'running' })
  expect((await rig.until(id, ({ state }) => state === 'failed')).error?.code).toBe('StorageFailed')
  await reopen()
  expect((await rig.settled(id)).state).toBe('done')
})

test('watchers get the list at once, every state, and no more than the last of many changes in between', async () => {
  const seen: string[] = []
  const stream = rig.downloads.watch()
  expect((await stream.next()).value).toEqual([])
  const id = start('a')
  for await (const jobs of stream) {
    const job = jobs.find((candidate) => candidate.id === id)
    if (job && seen.at(-1) !== job.state) seen.push(job.state)
    if (job?.state === 'done') break
  }
  expect(seen.at(-1)).toBe('done')
  expect(seen).toContain('running')
})

test('while nothing comes, the job says until when it waits', async () => {
  const { promise: never } = Promise.withResolvers<void>()
  await reopen({
    clock: { now: () => 1000, random: () => 1, delay: (_, signal) => Promise.race([never, aborted(signal)]) },
  })
  server.script(repository, 'a.gguf', [{ kind: 'status', status: 503 }])
  const id = start('a')
  expect(await rig.until(id, ({ state }) => state === 'retrying')).toMatchObject({ retryAt: 2000, error: null })
  await rig.downloads.pause(id)
  expect(states()).toEqual({ a: 'paused' })
})

test('an unknown job is told', async () => {
  const unknown = expect.objectContaining({ code: 'NotFound' }) as unknown
  await expect(rig.downloads.pause('x')).rejects.toEqual(unknown)
  await expect(rig.downloads.remove('x')).rejects.toEqual(unknown)
  expect(() => rig.downloads.resume('x')).toThrow(expect.objectContaining({ code: 'NotFound' }))
  expect(() => rig.downloads.prioritise('x')).toThrow(expect.objectContaining({ code: 'NotFound' }))
})

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}
