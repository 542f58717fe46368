import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openStore } from '../../../lib/database/index.ts'
import type { Store } from '../../../lib/database/index.ts'
import { forkWorker } from '../../../nodePorts.ts'
import { createMediaProcess } from '../process/mediaProcess.ts'
import { createAttachments } from './attachments.ts'
import type { AttachmentsOptions } from './attachments.ts'
import type { AttachmentGateway } from './types.ts'

const media = createMediaProcess({ spawnWorker: forkWorker })
afterAll(() => media.close())

let data: string
let store: Store
let folder: string
let attachments: AttachmentGateway
let png: Buffer
const clearPng = await sharp({
  create: { width: 30, height: 20, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.4 } },
})
  .png()
  .toBuffer()

beforeAll(async () => {
  const noise = Buffer.from(Array.from({ length: 900 * 300 * 3 }, (_, i) => (i * 2654435761) >>> 24))
  png = await sharp(noise, { raw: { width: 900, height: 300, channels: 3 } })
    .png()
    .toBuffer()
})
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'attachments-'))
  store = openStore(data)
  folder = join(data, 'attachments')
  attachments = open()
})
afterEach(() => {
  store.close()
  rmSync(data, { recursive: true, force: true })
})

const open = (options: Partial<AttachmentsOptions> = {}) =>
  createAttachments({ database: store.db, folder, media, ...options })
const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const chunks = (bytes: Uint8Array, size = 10_000) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
  )
const filesLeft = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .sort()
const rowCount = () => store.db.prepare('SELECT count(*) FROM attachments').pluck().get()
const failure = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  )
const age = (sha: string, hours: number) => {
  const then = Date.now() - hours * 3_600_000
  store.db.prepare('UPDATE attachments SET stored_at = ? WHERE sha = ?').run(then, sha)
  utimesSync(join(folder, sha.slice(0, 2), sha), then / 1000, then / 1000)
}

describe('store', () => {
  test('keeps what must be known of a picture, for as long as it is stored', async () => {
    const cut = png.subarray(0, png.length >> 1)
    const attachment = await attachments.store('cut.png', chunks(cut))
    expect(attachment).toMatchObject({
      kind: 'image',
      notes: [expect.stringMatching(/^The lower \d+ % of the picture is missing/) as string],
    })
    expect(open().get(attachment.sha)).toEqual(attachment)
    const frames = [10, 200].map((value) => ({
      create: { width: 20, height: 20, channels: 3 as const, background: { r: value, g: 0, b: 0 } },
    }))
    const gif = await sharp(await Promise.all(frames.map((frame) => sharp(frame).png().toBuffer())), {
      join: { animated: true },
    })
      .gif()
      .toBuffer()
    const animation = await attachments.store('two.gif', chunks(gif))
    expect(animation).toMatchObject({ pages: 2, notes: ['This is a sequence of 2 pictures; the first one is shown.'] })
    expect(attachments.get(animation.sha)).toEqual(animation)
  })

  test('a picture that no browser shows is given as one that it does, made once and removed with it', async () => {
    const heic = readFileSync(join(import.meta.dirname, '../../../lib/picture/fixtures/drawing.heic'))
    const { sha } = await attachments.store('photo.heic', chunks(heic))
    for (let i = 0; i < 2; i++) {
      const shown = await attachments.open(sha)
      expect(shown.mime).toBe('image/jpeg')
      expect(await sharp(readFileSync(shown.path)).metadata()).toMatchObject({
        format: 'jpeg',
        width: 64,
        height: 48,
      })
    }
    expect(filesLeft()).toEqual([sha, `${sha}.view`, `${sha}.webp`])
    age(sha, 25)
    expect(await attachments.collect([])).toHaveLength(1)
    expect(filesLeft()).toEqual([])
  })

  test('keeps the bytes under their hash, with facts and a thumbnail beside them', async () => {
    const sha = shaOf(png)
    const attachment = await attachments.store('photo.png', chunks(png))
    expect(attachment).toEqual({
      sha,
      kind: 'image',
      mime: 'image/png',
      name: 'photo.png',
      bytes: png.length,
      width: 900,
      height: 300,
    })
    expect(attachments.get(sha)).toEqual(attachment)
    expect(filesLeft()).toEqual([sha, `${sha}.webp`])
    expect(attachments.pathOf(sha)).toBe(join(folder, sha.slice(0, 2), sha))
    const file = await attachments.open(sha)
    expect(file).toMatchObject({ mime: 'image/png', bytes: png.length })
    expect(Buffer.compare(readFileSync(file.path), png)).toBe(0)
    if (process.platform !== 'win32') expect(statSync(attachments.pathOf(sha)).mode & 0o077).toBe(0)
  })

  test('a video may be larger than a picture, up to its own limit', async () => {
    const limits = { picture: 1000, video: 5000 }
    const facts = { width: 64, height: 48, durationMs: 1000, frames: 30, fps: 30, codec: null, startMs: 0 }
    const clip = (bytes: number) =>
      Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42', 'latin1'), Buffer.alloc(bytes - 12, 1)])
    const store = (bytes: number) => open({ limits }).store('clip.mp4', chunks(clip(bytes), 7), undefined, facts)
    expect(await store(5000)).toMatchObject({ kind: 'video', bytes: 5000, mime: 'video/mp4', ...facts })
    expect(await failure(store(5001))).toMatchObject({ code: 'MediaTooLarge' })
    expect(await failure(open({ limits }).store('clip.mp4', chunks(clip(900))))).toMatchObject({
      code: 'UnsupportedMedia',
    })
    expect(filesLeft()).toEqual([shaOf(clip(5000))])
  })

  test('a video has the first picture of it that is kept', async () => {
    const facts = { width: 64, height: 48, durationMs: 1000, frames: 30, fps: 30, codec: null, startMs: 0 }
    const { sha } = await attachments.store(
      'clip.mp4',
      chunks(Buffer.from('\0\0\0\x18ftypmp42', 'latin1')),
      undefined,
      facts,
    )
    expect(await failure(attachments.open(sha, 'thumb'))).toMatchObject({ code: 'NotFound' })
    const made: string[] = []
    const keep = (text: string) =>
      attachments.keepPoster(sha, async (target) => {
        made.push(text)
        writeFileSync(target, text)
        return 'image/webp'
      })
    await keep('first')
    await keep('second')
    const thumb = await attachments.open(sha, 'thumb')
    expect([made, thumb.mime, readFileSync(thumb.path).toString()]).toEqual([['first'], 'image/webp', 'first'])
    expect(await failure(attachments.keepPoster('e'.repeat(64), async () => 'image/webp'))).toMatchObject({
      code: 'NotFound',
    })
  })

  test('the same bytes twice, also at the same time, are one file', async () => {
    const [first, second] = await Promise.all([
      attachments.store('a.png', chunks(png)),
      attachments.store('b.png', chunks(png)),
    ])
    const third = await attachments.store('c.png', chunks(png))
    expect([first.sha, second.sha, third.sha]).toEqual([shaOf(png), shaOf(png), shaOf(png)])
    expect([first.name, second.name, third.name]).toEqual(['a.png', 'b.png', 'c.png'])
    expect(rowCount()).toBe(1)
    expect(filesLeft()).toHaveLength(2)
  })

  test('an upload puts back a file that went missing', async () => {
    const { sha } = await attachments.store('a.png', chunks(png))
    unlinkSync(attachments.pathOf(sha))
    await attachments.store('a.png', chunks(png))
    expect(existsSync(attachments.pathOf(sha))).toBe(true)
  })

  test('everything is there after the store is opened again', async () => {
    const stored = await attachments.store('photo.png', chunks(png))
    store.close()
    store = openStore(data)
    attachments = open()
    expect(attachments.get(stored.sha)).toEqual(stored)
  })

  test.each([
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\photo.png', 'photo.png'],
    ['photo\u202egpj.exe\0\n', 'photogpj.exe'],
    ['..', 'picture'],
    ['', 'picture'],
    ['CON', 'CON'],
    ['x'.repeat(400), 'x'.repeat(255)],
  ])('the name %j is for display only', async (name, shown) => {
    const { sha } = await attachments.store(name, chunks(clearPng))
    expect(attachments.get(sha)?.name).toBe(shown)
    expect(filesLeft()).toEqual([sha, `${sha}.png`])
  })
})

describe('what is refused leaves nothing', () => {
  afterEach(() => {
    expect(filesLeft()).toEqual([])
    expect(rowCount()).toBe(0)
  })

  test('a text file, a truncated picture, an empty body', async () => {
    expect(await failure(attachments.store('notes.png', chunks(Buffer.from('text\n'))))).toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('notes.png') as string,
    })
    expect(await failure(attachments.store('cut.png', chunks(png.subarray(0, 60))))).toMatchObject({
      code: 'DamagedMedia',
    })
    expect(await failure(attachments.store('none.png', chunks(Buffer.alloc(0))))).toMatchObject({
      code: 'DamagedMedia',
      message: expect.stringContaining('empty') as string,
    })
  })

  test('more bytes than allowed, noticed while they come', async () => {
    let taken = 0
    async function* endless() {
      for (;;) {
        taken += 1000
        yield new Uint8Array(1000)
      }
    }
    expect(
      await failure(open({ limits: { picture: 100_000, video: 200_000 } }).store('huge.png', endless())),
    ).toMatchObject({
      code: 'MediaTooLarge',
      message: expect.stringContaining('huge.png') as string,
    })
    expect(taken).toBeLessThan(300_000)
  })

  test('a body that breaks off and one that is aborted', async () => {
    async function* broken() {
      yield png.subarray(0, 1000)
      throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
    }
    expect(await failure(attachments.store('a.png', broken()))).toMatchObject({ code: 'Interrupted' })
    const aborter = new AbortController()
    async function* abandoned() {
      yield png.subarray(0, 1000)
      aborter.abort()
      await new Promise(() => {})
    }
    expect(await failure(attachments.store('b.png', abandoned(), aborter.signal))).toMatchObject({
      code: 'Interrupted',
    })
  })

  test('what an earlier run left unfinished is cleared', () => {
    writeFileSync(join(folder, 'incoming', 'half'), 'half')
    open()
  })
})

describe('open', () => {
  test('the thumbnail fits 512 x 512 and is made again when it is gone', async () => {
    const { sha } = await attachments.store('photo.png', chunks(png))
    for (const gone of [false, true]) {
      if (gone) unlinkSync(join(folder, sha.slice(0, 2), `${sha}.webp`))
      const thumb = await attachments.open(sha, 'thumb')
      expect(thumb.mime).toBe('image/webp')
      expect(await sharp(readFileSync(thumb.path)).metadata()).toMatchObject({ width: 512, height: 171 })
    }
    const clear = await attachments.store('clear.png', chunks(clearPng))
    expect((await attachments.open(clear.sha, 'thumb')).mime).toBe('image/png')
  })

  test('an unknown sha and a missing file are NotFound', async () => {
    const none = 'f'.repeat(64)
    expect(attachments.get(none)).toBeNull()
    expect(await failure(attachments.open(none))).toMatchObject({ code: 'NotFound' })
    expect(await failure(attachments.open('../../sightline.db'))).toMatchObject({ code: 'NotFound' })
    expect(() => attachments.pathOf(none)).toThrow(/not stored here/)
    const { sha } = await attachments.store('photo.png', chunks(png))
    rmSync(join(folder, sha.slice(0, 2)), { recursive: true })
    expect(await failure(attachments.open(sha))).toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining('photo.png is gone') as string,
    })
    expect(await failure(attachments.open(sha, 'thumb'))).toMatchObject({ code: 'NotFound' })
    expect(() => attachments.pathOf(sha)).toThrow(/is gone/)
  })
})

describe('collect', () => {
  test('removes what no question holds after a day, with its thumbnail, and nothing else', async () => {
    const held = await attachments.store('held.png', chunks(png))
    const loose = await attachments.store('loose.png', chunks(clearPng))
    age(held.sha, 48)
    age(loose.sha, 23)
    expect(await attachments.collect([held.sha])).toHaveLength(0)
    age(loose.sha, 25)
    expect(await attachments.collect([held.sha])).toHaveLength(1)
    expect(attachments.get(loose.sha)).toBeNull()
    expect(filesLeft()).toEqual([held.sha, `${held.sha}.webp`].sort())
  })

  test('a second upload renews the day of a draft', async () => {
    const { sha } = await attachments.store('draft.png', chunks(png))
    age(sha, 48)
    await attachments.store('draft.png', chunks(png))
    expect(await attachments.collect([])).toHaveLength(0)
  })

  test('removes old files that have no row', async () => {
    const { sha } = await attachments.store('photo.png', chunks(png))
    age(sha, 48)
    store.db.exec('DELETE FROM attachments')
    expect(await attachments.collect([])).toHaveLength(1)
    expect(filesLeft()).toEqual([])
  })
})
