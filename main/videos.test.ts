import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  createReadStream,
  existsSync,
  readFileSync,
  readdirSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type {
  AppError,
  ConversationEvent,
  FrameSample,
  Message,
  QuestionPart,
  VideoAttachment,
  VideoFacts,
} from '#contract'
import sharp from 'sharp'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createApp } from './app.ts'
import type { App } from './app.ts'
import { openStore } from './lib/database/index.ts'
import { resizeBicubic } from './lib/picture/index.ts'
import type { RgbPicture } from './lib/picture/index.ts'
import { forkWorker } from './nodePorts.ts'
import { createMemoryClient } from './rpc/memoryClient.ts'
import type { Client } from './rpc/memoryClient.ts'
import { tempFolder } from './testing/tempFolder.ts'
import { testPorts } from './testing/testPorts.ts'

const missing = spawnSync('ffmpeg', ['-version']).error
  ? 'ffmpeg is not installed: videos that this computer itself decodes are not tried here'
  : null
if (missing) process.stderr.write(`${missing}\n`)

/** A file that starts as an MP4 does; nothing in the core reads further. */
const mp4 = Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1'), Buffer.alloc(200, 3)])
const facts: VideoFacts = { width: 160, height: 120, durationMs: 3000, frames: 90, fps: 30, codec: 'avc', startMs: 0 }

let folder: ReturnType<typeof tempFolder>
let app: App
let client: Client

beforeEach(() => {
  folder = tempFolder()
  open()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await app.close()
  folder.remove()
})

function open(): void {
  app = createApp(testPorts(folder.path, { spawnWorker: forkWorker }))
  client = createMemoryClient(app.serve).client
}

const code = (value: string) => expect.objectContaining({ code: value }) as AppError
const whole = (of: string | VideoFacts) => ({ of, range: null, taken: 0 })
async function stored(
  name = 'clip.mp4',
  bytes: Uint8Array = mp4,
  told: VideoFacts | undefined = facts,
): Promise<VideoAttachment> {
  const attachment = await app.attachments.store(name, Readable.from([bytes]), undefined, told)
  if (attachment.kind !== 'video') throw new Error('It is no video.')
  return attachment
}
/** A grey frame with a red disc whose place tells its number. */
function frame(number: number, { width, height }: { width: number; height: number } = facts): RgbPicture {
  const data = new Uint8Array(width * height * 3).fill(230)
  const [x0, y0] = [20 + ((width - 40) * number) / facts.frames, height / 2]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if ((x - x0) ** 2 + (y - y0) ** 2 < 400) data.set([220, 30, 30], (y * width + x) * 3)
  return { width, height, data }
}
const post = (key: string, n: number, { data, width, height }: RgbPicture) =>
  app.frames.store(key, n, { width, height, format: 'rgb' }, Readable.from([data]))
async function postAll(key: string, { indices }: FrameSample, wanted: readonly number[]): Promise<void> {
  for (const n of wanted) await post(key, n, frame(indices[n]!))
}
async function prepared(): Promise<{
  part: QuestionPart
  key: string
  sample: FrameSample
  sha: string
  tokens: number
}> {
  const { sha } = await stored()
  const { sample, tokens } = await client.videos.plan(whole(sha))
  const { key, missing } = await client.videos.begin({ sha, sample })
  await postAll(key, sample, missing)
  return { part: { type: 'video', key, name: 'clip.mp4' }, key, sample, sha, tokens }
}
async function progressOf(sha: string, sample: FrameSample): Promise<number[]> {
  const done: number[] = []
  for await (const event of await client.videos.extract({ sha, sample })) done.push(event.done)
  return done
}
async function answerTo(sent: { conversationId: string; answerId: string }): Promise<Message> {
  const isEnd = (event: ConversationEvent) =>
    event.type === 'message' && event.message.id === sent.answerId && event.message.status !== 'streaming'
  for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
    const found =
      event.type === 'snapshot'
        ? event.messages.find(({ id, status }) => id === sent.answerId && status !== 'streaming')
        : event.type === 'message' && isEnd(event)
          ? event.message
          : undefined
    if (found) return found
  }
  throw new Error('The stream ended.')
}

describe('a video', () => {
  test('is stored as it came with what is known of it, streams in parts, and says nothing of a picture yet', async () => {
    const video = await stored()
    expect(video).toEqual({
      sha: video.sha,
      kind: 'video',
      mime: 'video/mp4',
      name: 'clip.mp4',
      bytes: mp4.length,
      ...facts,
    })
    const file = await app.attachments.open(video.sha)
    expect([file.mime, await buffer(createReadStream(file.path, { start: 4, end: 11 }))]).toEqual([
      'video/mp4',
      mp4.subarray(4, 12),
    ])
    await expect(app.attachments.open(video.sha, 'thumb')).rejects.toEqual(code('NotFound'))
    expect(app.attachments.get(video.sha)).toEqual(video)
  })

  test('that comes again keeps what was known, or takes what is known now', async () => {
    await stored()
    expect(await app.attachments.store('again.mp4', Readable.from([mp4]))).toMatchObject({
      name: 'again.mp4',
      frames: 90,
    })
    expect(
      await app.attachments.store('again.mp4', Readable.from([mp4]), undefined, { ...facts, frames: 91 }),
    ).toMatchObject({
      frames: 91,
    })
  })

  test('is planned before and after it is stored alike; a range counts frames as the reference does', async () => {
    const before = await client.videos.plan(whole(facts))
    expect(before).toMatchObject({
      key: null,
      tokens: 3 * 24,
      fits: true,
      proposal: null,
      encodeMs: null,
      sample: { width: 168, height: 112, fps: 2, wishedFps: 2 },
    })
    expect(before.sample.indices).toEqual([0, 18, 36, 53, 71, 89])
    expect(before.sample.timesMs[1]).toBeCloseTo(600)
    const { sha } = await stored()
    const after = await client.videos.plan(whole(sha))
    expect(after).toEqual({ ...before, key: expect.stringMatching(/^[0-9a-f]{64}$/) as string })
    const cut = await client.videos.plan({ of: sha, range: { startMs: 1010, endMs: 2000 }, fps: 4, taken: 0 })
    expect([cut.sample.indices, cut.sample.fps]).toEqual([[31, 41, 50, 60], (4 / 30) * 30])
    expect(cut.key).not.toBe(after.key)
    await expect(client.videos.plan({ of: sha, range: { startMs: 1000, endMs: 1010 }, taken: 0 })).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(client.videos.plan(whole('b'.repeat(64)))).rejects.toEqual(code('NotFound'))
  })

  test('too long for the context comes with a budget that fits', async () => {
    const long = { ...facts, durationMs: 1_200_000, frames: 36_000 }
    const plan = await client.videos.plan({ ...whole(long), taken: 100 })
    expect(plan).toMatchObject({ fits: false, room: 4096 - 100 - 576, tokens: 384 * 24 })
    const { fps, budget, tokens, frames } = plan.proposal!
    const lowered = await client.videos.plan({ of: long, range: null, fps, budget, taken: 100 })
    expect(lowered).toMatchObject({ fits: true, tokens })
    expect(lowered.sample.indices).toHaveLength(frames)
    expect((await client.videos.plan({ ...whole(long), taken: 4090 })).proposal).toBeNull()
  })
})

describe('frames', () => {
  test('are resized as the reference does and stored without loss; one of them stands for the video', async () => {
    const { key, sample, sha } = await prepared()
    const { data } = resizeBicubic(frame(sample.indices[2]!), sample)
    const file = await app.frames.open(key, 2)
    const png = readFileSync(file.path)
    expect([file.mime, file.bytes]).toEqual(['image/png', png.length])
    expect(await sharp(png).raw().toBuffer()).toEqual(Buffer.from(data))
    expect(await sharp((await app.attachments.open(sha, 'thumb')).path).metadata()).toMatchObject({
      format: 'webp',
      width: 160,
      height: 120,
    })
  })

  test('with alpha are taken for what they show', async () => {
    const { sha } = await stored()
    const { sample } = await client.videos.plan(whole(sha))
    const { key } = await client.videos.begin({ sha, sample })
    const rgb = frame(40)
    const rgba = new Uint8Array(160 * 120 * 4).map((_, i) =>
      i % 4 === 3 ? i % 251 : rgb.data[Math.floor(i / 4) * 3 + (i % 4)]!,
    )
    await app.frames.store(
      key,
      1,
      { width: 160, height: 120, format: 'rgba' },
      Readable.from([rgba.subarray(0, 1001), rgba.subarray(1001)]),
    )
    expect(
      await sharp((await app.frames.open(key, 1)).path)
        .raw()
        .toBuffer(),
    ).toEqual(Buffer.from(resizeBicubic(rgb, sample).data))
  })

  test('that are stored are not asked for again, also after a restart', async () => {
    const { sha } = await stored()
    const { sample } = await client.videos.plan(whole(sha))
    const { key, missing } = await client.videos.begin({ sha, sample })
    expect(missing).toEqual([0, 1, 2, 3, 4, 5])
    await postAll(key, sample, [0, 4])
    expect((await client.videos.plan(whole(sha))).missing).toEqual([1, 2, 3, 5])
    await app.close()
    open()
    await post(key, 1, frame(sample.indices[1]!))
    expect((await client.videos.begin({ sha, sample })).missing).toEqual([2, 3, 5])
  })

  test('may come with the times that the decoder found', async () => {
    const { key, sample, sha } = await prepared()
    const timesMs = sample.timesMs.map((ms) => ms + 7)
    expect(await client.videos.begin({ sha, sample: { ...sample, timesMs } })).toEqual({ key, missing: [] })
    const sent = await client.ask.send({ conversationId: null, parts: [{ type: 'video', key, name: '' }] })
    await answerTo(sent)
    for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
      expect(event).toMatchObject({ messages: [{ parts: [{ type: 'video', sample: { timesMs } }] }, {}] })
      break
    }
  })

  test('of the wrong size, cut short, too long, out of the set or of no set are refused, and nothing of them stays', async () => {
    const { sha } = await stored()
    const { sample } = await client.videos.plan(whole(sha))
    const { key } = await client.videos.begin({ sha, sample })
    const { data } = frame(0)
    const send = (n: number, layout: object, bytes: Uint8Array, set = key) =>
      app.frames.store(set, n, { width: 160, height: 120, format: 'rgb', ...layout }, Readable.from([bytes]))
    await expect(send(0, { width: 80, height: 60 }, data.subarray(0, 80 * 60 * 3))).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(send(0, { width: 320, height: 240 }, new Uint8Array(320 * 240 * 3))).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(send(0, {}, data.subarray(1))).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringContaining('only 57599 came') as string,
    })
    await expect(send(0, {}, new Uint8Array(data.length + 1))).rejects.toEqual(code('InvalidInput'))
    await expect(send(0, { format: 'rgba' }, data)).rejects.toEqual(code('InvalidInput'))
    await expect(send(0, { width: 40_000, height: 40_000 }, data)).rejects.toEqual(code('MediaTooLarge'))
    await expect(send(6, {}, data)).rejects.toEqual(code('NotFound'))
    await expect(send(0, {}, data, 'e'.repeat(64))).rejects.toEqual(code('NotFound'))
    await expect(app.frames.open(key, 0)).rejects.toEqual(code('NotFound'))
    const stop = new AbortController()
    const silent = app.frames.store(
      key,
      0,
      { width: 160, height: 120, format: 'rgb' },
      (async function* () {
        yield data.subarray(0, 100)
        stop.abort()
        await new Promise(() => {})
      })(),
      stop.signal,
    )
    await expect(silent).rejects.toEqual(code('Interrupted'))
    expect(readdirSync(join(folder.path, 'data', 'frames', 'incoming'))).toEqual([])
    expect((await client.videos.begin({ sha, sample })).missing).toHaveLength(6)
  })

  test('of a large video may be smaller than it, not than the model sees them', async () => {
    const { sha } = await stored('large.mp4', mp4, { ...facts, width: 3000, height: 1500 })
    const { sample } = await client.videos.plan(whole(sha))
    const { key } = await client.videos.begin({ sha, sample })
    await post(key, 0, frame(0, { width: 400, height: 200 }))
    await expect(post(key, 1, frame(1, { width: sample.width - 1, height: sample.height }))).rejects.toEqual(
      code('InvalidInput'),
    )
    await expect(post(key, 1, frame(1, { width: 3001, height: 1500 }))).rejects.toEqual(code('InvalidInput'))
  })

  test('that are none of the video are not begun', async () => {
    const { sha } = await stored()
    const { sample } = await client.videos.plan(whole(sha))
    const begin = (wrong: Partial<FrameSample>, of = sha) =>
      client.videos.begin({ sha: of, sample: { ...sample, ...wrong } })
    await expect(begin({ indices: [0, 18, 36, 53, 71, 90] })).rejects.toEqual(code('InvalidInput'))
    await expect(begin({ indices: [0, 36, 18, 53, 71, 89] })).rejects.toEqual(code('InvalidInput'))
    await expect(begin({ width: 28_000, height: 28_000 })).rejects.toEqual(code('InvalidInput'))
    await expect(begin({ width: 141 })).rejects.toEqual(code('InvalidInput'))
    await expect(
      begin({ indices: Array.from({ length: 769 }, (_, i) => i), timesMs: Array.from({ length: 769 }, () => 0) }),
    ).rejects.toEqual(code('InvalidInput'))
    await expect(begin({}, 'c'.repeat(64))).rejects.toEqual(code('NotFound'))
    const picture = await app.attachments.store(
      'a.png',
      Readable.from([
        await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
          .png()
          .toBuffer(),
      ]),
    )
    await expect(begin({}, picture.sha)).rejects.toEqual(code('InvalidInput'))
  })
})

describe('a question about a video', () => {
  test('has the planned tokens, is answered by the real model, and is kept with its frames', async () => {
    const { part, tokens, sample, sha, key } = await prepared()
    const parts: QuestionPart[] = [part, { type: 'text', text: 'What moves in the video?' }]
    const count = await client.ask.count({ conversationId: null, parts })
    expect(count.parts[0]).toBe(tokens)
    expect((await client.videos.plan(whole(sha))).encodeMs).toBeNull()
    await client.ask.prepare({ conversationId: null, parts: [part] })
    expect((await client.videos.plan(whole(sha))).encodeMs).toBeGreaterThan(0)
    const sent = await client.ask.send({ conversationId: null, parts })
    const answer = await answerTo(sent)
    expect(answer).toMatchObject({
      status: 'complete',
      seen: { media: [{ width: sample.width, height: sample.height, frames: 6, tokens }] },
    })
    expect(answer.usage!.imageTokens).toBe(tokens)
    await app.close()
    open()
    for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
      if (event.type !== 'snapshot') throw new Error(event.type)
      expect(event.conversation.title).toBe('What moves in the video?')
      expect(event.messages[0]!.parts[0]).toEqual({ type: 'video', attachment: app.attachments.get(sha), key, sample })
      break
    }
    const again = await client.ask.retry({ messageId: sent.answerId })
    expect(await answerTo(again)).toMatchObject({ status: 'complete' })
  })

  test('whose frames are missing says which, and is answered once they are there again', async () => {
    const { part, key, sample, sha } = await prepared()
    unlinkSync(join(folder.path, 'data', 'frames', key.slice(0, 2), key, '3.png'))
    const lacking = { code: 'FramesMissing', detail: { key, sha, missing: 1, total: 6 } }
    for (const asking of [
      client.ask.count({ conversationId: null, parts: [part] }),
      client.ask.send({ conversationId: null, parts: [part] }),
      client.ask.prepare({ conversationId: null, parts: [part] }),
    ])
      await expect(asking).rejects.toMatchObject(lacking)
    await expect(
      client.ask.count({ conversationId: null, parts: [{ ...part, key: 'd'.repeat(64) } as QuestionPart] }),
    ).rejects.toEqual(code('FramesMissing'))
    const { missing } = await client.videos.begin({ sha, sample })
    expect(missing).toEqual([3])
    await postAll(key, sample, missing)
    expect(await answerTo(await client.ask.send({ conversationId: null, parts: [part] }))).toMatchObject({
      status: 'complete',
    })
  })

  test('that does not fit is answered with less detail than its frames have', async () => {
    await client.library.changeOverrides({ id: 'demo', change: { placement: { contextTokens: 1024 } } })
    const { sha } = await stored()
    const { sample, tokens, fits } = await client.videos.plan({ of: sha, range: null, fps: 30, taken: 0 })
    expect([tokens, fits]).toEqual([45 * 24, false])
    const { key, missing } = await client.videos.begin({ sha, sample })
    await postAll(key, sample, missing)
    const parts: QuestionPart[] = [
      { type: 'video', key, name: 'clip.mp4' },
      { type: 'text', text: 'What is it?' },
    ]
    const sent = await client.ask.send({ conversationId: null, parts })
    expect(await answerTo(sent)).toMatchObject({
      status: 'failed',
      error: { code: 'ContextFull', detail: { video: tokens } },
    })
    const again = await answerTo(await client.ask.retry({ messageId: sent.answerId, remedy: 'detail' }))
    expect(again.status).toBe('complete')
    const [seen] = again.seen!.media
    expect(seen).toMatchObject({ frames: 90, tokens: expect.any(Number) as number })
    expect(seen!.tokens).toBeLessThanOrEqual(1024 - 512)
    for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
      expect(event).toMatchObject({
        messages: [{ parts: [{ type: 'video', key, budget: { maxPixels: expect.any(Number) as number } }, {}] }, {}],
      })
      break
    }
  })

  test('about pictures that are one video is counted, answered and kept', async () => {
    const pictures: string[] = []
    for (const n of [0, 30, 60, 89]) {
      const { data, width, height } = frame(n)
      pictures.push(
        (
          await app.attachments.store(
            `${n}.png`,
            Readable.from([
              await sharp(data, { raw: { width, height, channels: 3 } })
                .png()
                .toBuffer(),
            ]),
          )
        ).sha,
      )
    }
    const part: QuestionPart = { type: 'frames', name: '4 pictures', pictures, fps: 1 }
    expect((await client.ask.count({ conversationId: null, parts: [part] })).parts).toEqual([2 * 24])
    const sent = await client.ask.send({ conversationId: null, parts: [part] })
    expect(await answerTo(sent)).toMatchObject({ status: 'complete', seen: { media: [{ frames: 4, tokens: 48 }] } })
    for await (const event of await client.conversations.watch({ id: sent.conversationId })) {
      expect(event).toMatchObject({
        conversation: { title: '4 pictures' },
        messages: [{ parts: [{ type: 'frames', fps: 1, pictures: pictures.map((sha) => ({ sha })) }] }, {}],
      })
      break
    }
    const video = await stored()
    await expect(
      client.ask.send({
        conversationId: null,
        parts: [{ ...part, pictures: [...pictures, video.sha] } as QuestionPart],
      }),
    ).rejects.toEqual(code('InvalidInput'))
    await expect(
      client.ask.send({ conversationId: null, parts: [{ type: 'image', sha: video.sha, name: 'x' }] }),
    ).rejects.toEqual(code('InvalidInput'))
  })
})

test('a count reads no file of the pictures, frames and videos that it counts', async () => {
  const { part: video, key, sample } = await prepared()
  const pictures: string[] = []
  for (const n of [0, 30, 60]) {
    const { data, width, height } = frame(n)
    const png = sharp(data, { raw: { width, height, channels: 3 } }).png()
    pictures.push((await app.attachments.store(`${n}.png`, Readable.from([await png.toBuffer()]))).sha)
  }
  const [first, ...others] = pictures as [string, string, string]
  const parts: QuestionPart[] = [
    video,
    { type: 'image', sha: first, name: 'first.png' },
    { type: 'frames', name: 'Two', pictures: others, fps: 1 },
    { type: 'text', text: 'What moves?' },
  ]
  const before = await client.ask.count({ conversationId: null, parts })
  for (const sha of pictures) writeFileSync(app.attachments.pathOf(sha), 'not to be read')
  for (const n of sample.indices.keys())
    writeFileSync(join(folder.path, 'data', 'frames', key.slice(0, 2), key, `${n}.png`), 'not to be read')
  expect(await client.ask.count({ conversationId: null, parts })).toEqual(before)
})

test('a playlist is no video, whatever its name', async () => {
  const playlist = Buffer.from('#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n')
  for (const name of ['clip.mp4', 'clip.m3u8'])
    await expect(app.attachments.store(name, Readable.from([playlist]), undefined, facts)).rejects.toEqual(
      code('UnsupportedMedia'),
    )
})

test('frames go with their video, and it with the last conversation that holds it', async () => {
  const [kept, gone] = [await prepared(), await stored('other.mp4', Buffer.concat([mp4, mp4]))]
  const { sample } = await client.videos.plan(whole(gone.sha))
  const { key } = await client.videos.begin({ sha: gone.sha, sample })
  await post(key, 0, frame(0))
  const sent = await client.ask.send({ conversationId: null, parts: [kept.part] })
  await answerTo(sent)
  const yesterday = Date.now() - 25 * 3_600_000
  const age = async () => {
    await app.close()
    const store = openStore(join(folder.path, 'data'))
    store.db.prepare('UPDATE attachments SET stored_at = ?').run(yesterday)
    store.close()
    for (const sha of [kept.sha, gone.sha]) {
      const path = join(folder.path, 'data', 'attachments', sha.slice(0, 2), sha)
      if (existsSync(path)) utimesSync(path, yesterday / 1000, yesterday / 1000)
    }
    open()
    await app.close()
    open()
  }
  const frameFolders = () =>
    readdirSync(join(folder.path, 'data', 'frames'), { recursive: true })
      .filter((name) => String(name).endsWith('set.json'))
      .map((name) => String(name).slice(3, 67))
  await age()
  expect([app.attachments.get(gone.sha), frameFolders()]).toEqual([null, [kept.key]])
  await client.conversations.remove({ id: sent.conversationId })
  await age()
  expect([app.attachments.get(kept.sha), frameFolders()]).toEqual([null, []])
})

describe('without ffmpeg', () => {
  beforeEach(() => vi.stubEnv('PATH', folder.path))

  test('a video that the window does not know is refused, and what to do is said', async () => {
    await expect(
      app.attachments.store('old.avi', Readable.from([Buffer.from('RIFF\x10\0\0\0AVI LISTmore', 'latin1')])),
    ).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/old\.avi.*Install ffmpeg/) as string,
    })
    expect(
      existsSync(join(folder.path, 'data', 'attachments', 'incoming')) &&
        readdirSync(join(folder.path, 'data', 'attachments', 'incoming')),
    ).toEqual([])
  })

  test('frames that the window cannot decode are refused by the name of their codec', async () => {
    const { sha } = await stored('clip.mp4', mp4, { ...facts, codec: 'hevc' })
    const { sample } = await client.videos.plan(whole(sha))
    await expect(progressOf(sha, sample)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringMatching(/codec of clip\.mp4, H\.265 \(HEVC\),.*Install ffmpeg/) as string,
      detail: { codec: 'hevc', missing: 'ffprobe' },
    })
  })
})

test.skipIf(process.platform === 'win32' || missing !== null)(
  'an ffmpeg that lacks the decoder is told by the name of the codec',
  async () => {
    const { sha } = await stored(
      'clip.mp4',
      readFileSync(resolve(import.meta.dirname, '../resources/samples/circle-turns-blue.mp4')),
    )
    const { sample } = await client.videos.plan(whole(sha))
    writeFileSync(
      join(folder.path, 'ffmpeg'),
      '#!/bin/sh\necho "Decoding requested, but no decoder found for: hevc" >&2\nexit 1\n',
    )
    chmodSync(join(folder.path, 'ffmpeg'), 0o700)
    vi.stubEnv('PATH', `${folder.path}:${process.env['PATH']}`)
    await expect(progressOf(sha, sample)).rejects.toMatchObject({
      code: 'UnsupportedMedia',
      message: expect.stringContaining('clip.mp4, H.265 (HEVC),') as string,
      detail: { codec: 'hevc' },
    })
  },
)

describe.skipIf(missing !== null)('with ffmpeg', () => {
  const own = tempFolder()
  const clip = join(own.path, 'clip.mkv')
  afterAll(() => own.remove())
  beforeAll(() => {
    const raw = Buffer.concat(Array.from({ length: facts.frames }, (_, n) => frame(n).data))
    execFileSync(
      'ffmpeg',
      [
        '-v',
        'error',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        '160x120',
        '-r',
        '30',
        '-i',
        'pipe:0',
        '-c:v',
        'ffv1',
        '-pix_fmt',
        'bgr0',
        clip,
      ],
      { input: raw },
    )
  })
  test('a video that came without facts is measured, and its frames are those that the window would send', async () => {
    const attachment = await app.attachments.store('clip.mkv', Readable.from([readFileSync(clip)]))
    expect(attachment).toMatchObject({
      kind: 'video',
      mime: 'video/x-matroska',
      width: 160,
      height: 120,
      frames: 90,
      fps: 30,
      codec: 'ffv1',
      startMs: 0,
    })
    const { sample } = await client.videos.plan(whole(attachment.sha))
    expect(await progressOf(attachment.sha, sample)).toEqual([0, 1, 2, 3, 4, 5, 6])
    const { key } = await client.videos.begin({ sha: attachment.sha, sample })
    for (const [n, index] of sample.indices.entries())
      expect(
        await sharp((await app.frames.open(key, n)).path)
          .raw()
          .toBuffer(),
        `frame ${n}`,
      ).toEqual(Buffer.from(resizeBicubic(frame(index), sample).data))
    expect(await progressOf(attachment.sha, sample)).toEqual([6])
    const every = await client.videos.plan({
      of: attachment.sha,
      range: { startMs: 0, endMs: 2000 },
      fps: 30,
      taken: 0,
    })
    expect((await progressOf(attachment.sha, every.sample)).at(-1)).toBe(60)
    unlinkSync(join(folder.path, 'data', 'frames', key.slice(0, 2), key, '2.png'))
    expect(await progressOf(attachment.sha, sample)).toEqual([5, 6])
    expect(
      await answerTo(
        await client.ask.send({ conversationId: null, parts: [{ type: 'video', key, name: 'clip.mkv' }] }),
      ),
    ).toMatchObject({ status: 'complete' })
  })

  test('frames have the size in which the video is shown, however it is stored', async () => {
    const [odd, large] = [join(own.path, 'odd.mp4'), join(own.path, 'large.mkv')]
    const make = (file: string, size: string, ...more: string[]) =>
      execFileSync('ffmpeg', [
        '-v',
        'error',
        '-f',
        'lavfi',
        '-i',
        `testsrc=size=${size}:rate=5:duration=2`,
        ...more,
        file,
      ])
    make(odd, '160x120', '-vf', 'setsar=2/1', '-c:v', 'mpeg4')
    make(large, '2400x300', '-c:v', 'ffv1')
    for (const [file, shown] of [
      [odd, { width: 320, height: 120 }],
      [large, { width: 2400, height: 300 }],
    ] as const) {
      const attachment = await app.attachments.store(file, Readable.from([readFileSync(file)]))
      expect(attachment).toMatchObject({ ...shown, frames: 10 })
      const { sample } = await client.videos.plan(whole(attachment.sha))
      expect(await progressOf(attachment.sha, sample)).toEqual([0, 1, 2, 3, 4])
    }
  })

  test('reading stops when it is told to, and what is stored stays', async () => {
    const { sha } = await app.attachments.store('clip.mkv', Readable.from([readFileSync(clip)]))
    const { sample } = await client.videos.plan({ of: sha, range: null, fps: 30, taken: 0 })
    const stop = new AbortController()
    const reading = async () => {
      for await (const { done } of await client.videos.extract({ sha, sample }, { signal: stop.signal }))
        if (done === 3) stop.abort()
    }
    await reading().catch(() => {})
    const { missing } = await client.videos.begin({ sha, sample })
    expect(missing.length).toBeGreaterThan(0)
    expect(missing.length).toBeLessThan(sample.indices.length)
  })

  test('a damaged file is refused', async () => {
    await expect(app.attachments.store('damaged.mp4', Readable.from([mp4]))).rejects.toEqual(code('DamagedMedia'))
  })

  test('of a file that is cut off there is what is left, and that is said; also after its row is read again', async () => {
    const half = readFileSync(clip)
    const video = await app.attachments.store('half.mkv', Readable.from([half.subarray(0, half.length / 2)]))
    if (video.kind !== 'video') throw new Error(video.kind)
    expect([video.frames > 30, video.frames < 60, video.fps]).toEqual([true, true, 30])
    expect(video.notes).toEqual([
      expect.stringMatching(/^The file is cut off: what there is of it ends at 0:01\. It says that it is 0:03 long\.$/),
    ])
    expect(app.attachments.get(video.sha)).toEqual(video)
    const { sample } = await client.videos.plan(whole(video.sha))
    expect((await progressOf(video.sha, sample)).at(-1)).toBe(sample.indices.length)
  })

  test('a window that counted other frames than ffmpeg gets those of the same times', async () => {
    const { sha } = await stored('clip.mkv', readFileSync(clip), { ...facts, frames: 45, fps: 15 })
    const { sample } = await client.videos.plan(whole(sha))
    expect((await progressOf(sha, sample)).at(-1)).toBe(sample.indices.length)
    const { key } = await client.videos.begin({ sha, sample })
    for (const [n, index] of sample.indices.entries())
      expect(
        await sharp((await app.frames.open(key, n)).path)
          .raw()
          .toBuffer(),
        `frame ${n}`,
      ).toEqual(Buffer.from(resizeBicubic(frame(index * 2), sample).data))
  })

  test('the sample of the app is one of these', async () => {
    const sampleFile = readFileSync(resolve(import.meta.dirname, '../resources/samples/circle-turns-blue.mp4'))
    expect(await app.attachments.store('sample.mp4', Readable.from([sampleFile]))).toMatchObject({
      kind: 'video',
      mime: 'video/mp4',
    })
  })
})
