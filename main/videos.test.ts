import { createReadStream, existsSync, readFileSync, readdirSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { FrameSample, QuestionPart } from '#contract'
import { openStore } from './lib/database/index.ts'
import { resizeBicubic } from './lib/picture/index.ts'
import {
  answerTo,
  app,
  client,
  code,
  facts,
  folder,
  frame,
  mp4,
  open,
  post,
  postAll,
  prepared,
  stored,
  whole,
} from './testing/videoTestbed.ts'

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

test('frames, picture and embeddings of a video are gone with the conversation that alone held it, those of a fresh one stay', async () => {
  const { part, sha } = await prepared()
  const sent = await client.ask.send({ conversationId: null, parts: [part] })
  await answerTo(sent)
  const fresh = await stored('other.mp4', Buffer.concat([mp4, mp4]))
  const { sample } = await client.videos.plan(whole(fresh.sha))
  await post((await client.videos.begin({ sha: fresh.sha, sample })).key, 0, frame(0))
  const files = (...path: string[]) =>
    readdirSync(join(folder.path, ...path), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort()
  expect(files('data', 'attachments')).toHaveLength(4)
  expect(files('cache', 'encoded')).toHaveLength(3)
  await client.conversations.remove({ id: sent.conversationId })
  expect(files('cache', 'encoded')).toEqual([])
  expect(files('data', 'attachments')).toEqual([fresh.sha, `${fresh.sha}.webp`])
  expect(files('data', 'frames')).toEqual(['0.png', 'set.json'])
  await expect(app.attachments.open(sha, 'thumb')).rejects.toEqual(code('NotFound'))
})
