import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { copyFile, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { StoreEvent } from '#contract'
import sharp from 'sharp'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { createMediaProcess } from '../process/mediaProcess.ts'
import { createAttachments } from './attachments.ts'
import type { AttachmentsOptions } from './attachments.ts'
import { openSourceFile, receiveFile, uploadLimits } from './receive.ts'
import type { AttachmentGateway } from './types.ts'

const MB = 1024 ** 2
const facts = { width: 64, height: 48, durationMs: 1000, frames: 30, fps: 30, codec: null, startMs: 0 }
const videoHead = Buffer.from('\0\0\0\x18ftypmp42', 'latin1')
const png = await sharp({ create: { width: 60, height: 40, channels: 3, background: 'teal' } })
  .png()
  .toBuffer()

const media = createMediaProcess({ spawnWorker: forkWorker })
afterAll(() => media.close())

let data: string
let store: Store
let attachments: AttachmentGateway

const open = (options: Partial<AttachmentsOptions> = {}) =>
  createAttachments({ database: store.db, folder: join(data, 'attachments'), media, ...options })
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'store-file-'))
  mkdirSync(join(data, 'pictures'))
  store = openStore(data)
  attachments = open()
})
afterEach(() => {
  store.close()
  rmSync(data, { recursive: true, force: true })
})

const pathOf = (name: string) => join(data, 'pictures', name)
function file(name: string, bytes: Uint8Array): string {
  writeFileSync(pathOf(name), bytes)
  return pathOf(name)
}

/** A video of which only the first bytes are on the disk. */
function sparseVideo(name: string, bytes: number): string {
  const path = file(name, videoHead)
  truncateSync(path, bytes)
  return path
}
const wanted = (path: string) => ({ path, bytes: statSync(path).size, facts })

async function stored(events: AsyncIterable<StoreEvent>) {
  for await (const event of events) if (event.type === 'stored') return event.attachment
  return expect.fail('Nothing was stored.')
}
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const refused = (path: string, bytes = 0) => failure(stored(attachments.storeFile({ path, bytes })))
const filesLeft = () =>
  readdirSync(join(data, 'attachments'), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe('a file is stored from its path', () => {
  test('as it would be from its bytes; the file itself stays as it is', async () => {
    const path = file('cat.png', png)
    const attachment = await stored(attachments.storeFile({ path, bytes: png.length }))
    expect(attachment).toEqual({
      sha: shaOf(png),
      kind: 'image',
      mime: 'image/png',
      name: 'cat.png',
      bytes: png.length,
      width: 60,
      height: 40,
    })
    expect(await attachments.store('cat.png', Readable.from([png]))).toEqual(attachment)
    expect(readFileSync(attachments.pathOf(attachment.sha))).toEqual(png)
    expect(readFileSync(path)).toEqual(png)
    expect(filesLeft().map(({ name }) => name)).toEqual([attachment.sha, `${attachment.sha}.webp`])
    if (process.platform !== 'win32') expect(statSync(attachments.pathOf(attachment.sha)).mode & 0o777).toBe(0o600)
  })

  test('a read-only file, and one behind a link', async () => {
    const path = file('cat.png', png)
    symlinkSync(path, pathOf('link.png'))
    const { sha, name } = await stored(attachments.storeFile({ path: pathOf('link.png'), bytes: png.length }))
    expect([sha, name]).toEqual([shaOf(png), 'link.png'])
  })

  test('tells how far a large one is, and keeps none of it in memory', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const path = sparseVideo('long.mp4', 128 * MB)
    collectGarbage()
    const before = process.memoryUsage().arrayBuffers
    let most = 0
    let done = 0
    for await (const event of attachments.storeFile(wanted(path))) {
      most = Math.max(most, process.memoryUsage().arrayBuffers - before)
      if (event.type === 'stored') {
        expect(event.attachment).toMatchObject({ kind: 'video', bytes: 128 * MB, ...facts })
        break
      }
      expect(event.total).toBe(128 * MB)
      expect(event.done).toBeGreaterThan(done)
      done = event.done
    }
    expect(done).toBeGreaterThan(0)
    expect(most).toBeLessThan(12 * MB)
  })
})

describe('bytes are not held while they are stored', () => {
  test('192 MB arrive and less than 64 MB of them are held with the last one', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const heldBytes = () => {
      collectGarbage()
      collectGarbage()
      return process.memoryUsage().arrayBuffers
    }
    const before = heldBytes()
    let held = 0
    async function* body() {
      for (let i = 0; i < 192; i++) {
        const chunk = Buffer.alloc(MB)
        chunk.set(videoHead)
        yield chunk
      }
      held = heldBytes() - before
    }
    await attachments.store('clip.mp4', body(), new AbortController().signal, facts)
    expect(held).toBeLessThan(64 * MB)
  })
})

describe('what is refused leaves nothing and says why', () => {
  afterEach(() => {
    expect(filesLeft()).toEqual([])
    expect(store.db.prepare('SELECT count(*) FROM attachments').pluck().get()).toBe(0)
  })

  test('a folder, a device, a pipe, a path that is gone or not whole', async () => {
    expect(await refused(join(data, 'pictures'))).toMatchObject({
      code: 'MediaNotFound',
      message: 'pictures is a folder. Folders cannot be added; add the files in it.',
    })
    expect(await refused(pathOf('gone.png'))).toMatchObject({
      code: 'MediaNotFound',
      message: 'gone.png is not there any more. Add it again from where it is now.',
    })
    for (const path of ['cat.png', '../cat.png', `${pathOf('cat.png')}\0.png`, ''])
      expect(await refused(path)).toMatchObject({ code: 'InvalidInput' })
    if (process.platform === 'win32') return
    execFileSync('mkfifo', [pathOf('pipe.png')])
    for (const path of [pathOf('pipe.png'), '/dev/zero'])
      expect(await refused(path)).toMatchObject({
        code: 'MediaNotFound',
        message: expect.stringContaining('is a device or a pipe, not a file') as string,
      })
  })

  test.skipIf(process.platform === 'win32')('a file that this account may not read', async () => {
    const path = file('private.png', png)
    execFileSync('chmod', ['000', path])
    const isRoot = process.getuid?.() === 0
    // nothing is kept from root
    if (isRoot) process.seteuid?.(65_534)
    try {
      expect(await refused(path, png.length)).toMatchObject({
        code: 'MediaNotFound',
        message: 'private.png may not be read by this account. Allow that in its permissions, or add a copy of it.',
      })
    } finally {
      if (isRoot) process.seteuid?.(0)
    }
  })

  test.skipIf(process.platform !== 'linux')('a file whose drive fails', async () => {
    expect(await refused('/proc/self/mem')).toMatchObject({
      code: 'MediaNotFound',
      message: 'mem could not be read. Check the drive that it is on, then add it again.',
    })
  })

  test('a file of another size than the window saw', async () => {
    expect(await refused(file('cat.png', png), png.length - 1)).toMatchObject({ code: 'FileChanged' })
  })

  test('a file beyond the limit of its kind, with its first bytes', async () => {
    const limits = { picture: 10 * MB, video: 20 * MB }
    attachments = open({ limits })
    const path = sparseVideo('huge.mp4', 64 * 1024 * MB)
    expect(await failure(stored(attachments.storeFile(wanted(path))))).toMatchObject({
      code: 'MediaTooLarge',
      message: 'huge.mp4 is larger than 20 MB. Save it smaller and add that.',
    })
    truncateSync(path, 0)
    truncateSync(path, 15 * MB)
    expect(await failure(stored(attachments.storeFile(wanted(path))))).toMatchObject({
      code: 'MediaTooLarge',
      detail: { limit: limits.picture },
    })
  })

  test('a file that is no picture', async () => {
    expect(await refused(file('notes.png', Buffer.from('text\n')), 5)).toMatchObject({ code: 'UnsupportedMedia' })
  })

  test('one that is stopped, by its signal or by a reader that leaves', async () => {
    const stop = new AbortController()
    const events = attachments.storeFile(wanted(sparseVideo('long.mp4', 64 * MB)), stop.signal)
    expect((await events.next()).value).toMatchObject({ type: 'progress', done: MB })
    stop.abort()
    expect(await failure(events.next())).toMatchObject({ code: 'Interrupted' })
    const others = attachments.storeFile(wanted(pathOf('long.mp4')))
    for await (const { type } of others) {
      expect(type).toBe('progress')
      break
    }
    expect(await failure(stored(attachments.storeFile(wanted(pathOf('long.mp4')), AbortSignal.abort())))).toMatchObject(
      {
        code: 'Interrupted',
      },
    )
  })
})

describe('a file that changes while it is read', () => {
  async function changedBy(change: (path: string) => void): Promise<unknown> {
    const path = sparseVideo('clip.mp4', 3 * MB)
    const source = await openSourceFile(path, 'clip.mp4')
    const read = async () => {
      let bytes = 0
      for await (const chunk of source.chunks()) {
        if (bytes === 0) change(path)
        bytes += chunk.length
      }
    }
    return failure(read()).finally(() => source.close())
  }

  test.each([
    ['longer', (path: string) => appendFileSync(path, 'more')],
    ['shorter', (path: string) => truncateSync(path, 2 * MB)],
    ['other bytes', (path: string) => utimesSync(path, 1, 1)],
  ])('is refused: %s', async (_, change) => {
    expect(await changedBy(change)).toMatchObject({
      code: 'FileChanged',
      message: 'clip.mp4 is still being changed by another program. Add it again once it is complete.',
    })
  })

  test('is never stored as a mixture of before and after', async () => {
    const path = file('clip.mp4', Buffer.concat([videoHead, Buffer.alloc(3 * MB)]))
    const events = attachments.storeFile(wanted(path))
    await events.next()
    appendFileSync(path, 'more')
    expect(await failure(stored(events))).toMatchObject({ code: 'FileChanged' })
    expect(filesLeft()).toEqual([])
  })

  test('one that was removed meanwhile is stored to its end where the system keeps it open', async () => {
    const path = sparseVideo('clip.mp4', 3 * MB)
    const events = attachments.storeFile(wanted(path))
    await events.next()
    rmSync(path)
    expect(await stored(events)).toMatchObject({ kind: 'video', bytes: 3 * MB })
  })
})

describe('where the file system clones files, which keep their times as on macOS', () => {
  const target = () => join(data, 'clone')
  /** Receives `path` cloned; `meanwhile` runs once that has been done. */
  async function received(path: string, meanwhile: () => void = () => {}) {
    const source = await openSourceFile(path, 'cat.png', async (from, to) => {
      const { atime, mtime } = statSync(from)
      await copyFile(from, to)
      await utimes(to, atime, mtime)
      meanwhile()
    })
    try {
      const steps = receiveFile(source, target(), { name: 'cat.png', limits: uploadLimits, signal: undefined })
      for (;;) {
        const step = await steps.next()
        if (step.done) return step.value
      }
    } finally {
      await source.close()
    }
  }

  test('a file of long ago counts as stored now, and not as one that nobody came back for', async () => {
    const path = file('cat.png', png)
    utimesSync(path, 1, 1)
    const started = Date.now()
    expect(await received(path)).toEqual({ sha: shaOf(png), bytes: png.length })
    // a file system may keep times in steps of up to two seconds
    expect(statSync(target()).mtimeMs).toBeGreaterThan(started - 2000)
    expect(statSync(path).mtimeMs).toBe(1000)
  })

  test.each([
    ['longer', (path: string) => appendFileSync(path, 'more')],
    ['other bytes', (path: string) => utimesSync(path, 1, 1)],
  ])('a file that changes is refused all the same: %s', async (_, change) => {
    const path = file('cat.png', png)
    expect(await failure(received(path, () => change(path)))).toMatchObject({ code: 'FileChanged' })
  })

  test('another file that took the path while it was cloned is not stored in its place', async () => {
    const path = file('cat.png', png)
    const other = file('other.png', Buffer.from('other'))
    expect(await received(path, () => renameSync(other, path))).toMatchObject({ sha: shaOf(png) })
  })
})
